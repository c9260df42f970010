/* A chat text taken apart: words, with what parts them. For address_read.c. */
#ifndef ADDRESS_WORDS_H
#define ADDRESS_WORDS_H

#include <svc/mem.h>
#include <svc/text.h>

enum { ADDRESS_WORDS_MAX = 260, ADDRESS_WORD_PLAIN_MAX = 40 };

struct address_word {
    struct svc_slice text;                  /* as written, of a copy in the arena */
    char plain[ADDRESS_WORD_PLAIN_MAX + 1]; /* letters and digits, folded: "C.P." is cp */
    bool starts; /* a comma, a new line, an emoji ... stands before it */
    bool is_digits;
    bool has_digit;
    bool has_colon; /* a colon comes after it */
};

struct address_words {
    struct address_word *list;
    size_t count;
};

/* "#" and a dash that stands apart are words of their own; "cp03100" and "int5" are two
 * words; "12-30", "123-A", "s/n" one. Words past ADDRESS_WORDS_MAX are left out. */
void address_words_read(
    struct svc_arena *arena, struct svc_slice text, struct address_words *ret_words);

/* The words from FROM on, before TO, as one text with single spaces. No text for none. */
struct svc_slice address_words_join(
    struct svc_arena *arena, const struct address_words *words, size_t from, size_t to);

#endif
