#include "turn.h"

#include <string.h>

/* Lower case of the letters that Spanish, Portuguese and English have: ASCII, and U+00C0
 * to U+00DE, which are C3 80 to C3 9E. */
static size_t fold(struct svc_slice text, char *out, size_t room)
{
    size_t length = 0;

    for (size_t i = 0; i < text.length && length < room; i++) {
        unsigned char byte = (unsigned char)text.text[i];
        unsigned char before = i > 0 ? (unsigned char)text.text[i - 1] : 0;
        if ((byte >= 'A' && byte <= 'Z') ||
            (before == 0xC3 && byte >= 0x80 && byte <= 0x9E && byte != 0x97)) {
            byte += 0x20;
        }
        out[length++] = (char)byte;
    }
    return length;
}

static bool is_edge(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '.' ||
           byte == '!' || byte == ',';
}

static bool is_flush_word(const char *words, struct svc_slice text)
{
    enum { LONGEST = 64 };
    char word[LONGEST];
    char wanted[LONGEST];

    while (text.length > 0 && is_edge(text.text[0])) {
        text.text++;
        text.length--;
    }
    while (text.length > 0 && is_edge(text.text[text.length - 1])) {
        text.length--;
    }
    if (text.length == 0 || text.length > LONGEST) {
        return false;
    }
    size_t length = fold(text, word, LONGEST);
    while (words != NULL && *words != '\0') {
        size_t one = strcspn(words, ",");
        size_t wanted_length = fold((struct svc_slice){words, one}, wanted, LONGEST);
        if (wanted_length == length && memcmp(wanted, word, length) == 0) {
            return true;
        }
        words += one + (words[one] == ',');
    }
    return false;
}

bool turn_is_flush(const struct turn_rules *rules, const struct svc_json *message)
{
    static const char *const types[] = {"interactive", "button", "order", "location"};
    struct svc_slice action = svc_json_get_text(message, "action_id");
    struct svc_slice type = svc_json_get_text(message, "type");

    if (action.length > 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (svc_slice_equals(type, types[i])) {
            return true;
        }
    }
    return is_flush_word(rules->flush_words, svc_json_get_text(message, "text"));
}
