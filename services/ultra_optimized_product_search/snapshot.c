/* A snapshot: a header, and for each segment its sections and its live documents, each at
 * the start of a page, so that a segment is mapped by itself and goes by itself. */
#include "checksum.h"
#include "index_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "WCINDEX\n"
#define VERSION 3U
#define PAGE ((uint64_t)4096)
#define ALIGNMENT ((uint64_t)64)
#define BYTE_ORDER_MARK 0x0102030405060708U

struct file_section {
    uint64_t at; /* from the segment's start */
    uint64_t length;
    uint64_t checksum;
};

struct file_segment {
    uint64_t at; /* in the file */
    uint64_t length;
    uint64_t live_count;
    struct file_section live;
    struct file_section sections[SECTIONS];
};

struct file_header {
    char magic[8];
    uint32_t version;
    uint32_t segment_count;
    uint64_t byte_order;
    uint64_t weights;
    uint64_t analyser;
    int64_t cursor;
    uint64_t sizes; /* of the structures that the sections are made of */
    uint64_t file_length;
    struct file_segment segments[SEGMENTS_MAX];
    uint64_t checksum; /* of all before it */
};

/* What the analyser makes of some words: another language, or other rules, another index.
 */
static uint64_t analyser_print(const struct analyser *analyser)
{
    static const char *const words[] = {"niños", "luces", "zapatillas", "running",
        "women", "boxes", "corações", "papéis", "cajon", "1 kg", "usb-c", "queso"};
    struct svc_arena arena = {0};
    uint64_t print = 0;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct token_list tokens = {0};
        struct svc_slice text = {words[i], strlen(words[i])};
        analyser_tokens(analyser, &arena, text, 8, &tokens);
        for (size_t t = 0; t < tokens.count; t++) {
            struct svc_slice exact = tokens.list[t].exact;
            struct token_forms forms = {0};
            analyser_forms(analyser, &arena, exact, &forms);
            print = checksum_bytes(exact.text, exact.length, print);
            print = checksum_bytes(forms.plain.text, forms.plain.length, print);
            print = checksum_bytes(forms.stem.text, forms.stem.length, print);
            print = checksum_bytes(forms.sound.text, forms.sound.length, print);
        }
    }
    svc_arena_done(&arena);
    return print;
}

static uint64_t structure_sizes(void)
{
    uint64_t sizes = 0;

#define X(name, type) sizes = checksum_mix(sizes + sizeof(type));
    SEGMENT_SECTIONS(X)
#undef X
    return sizes;
}

static uint64_t align(uint64_t at, uint64_t to)
{
    return (at + to - 1) / to * to;
}

static uint64_t place(
    struct file_section *section, const void *bytes, size_t length, uint64_t at)
{
    *section = (struct file_section){at, length, checksum_bytes(bytes, length, 0)};
    return align(at + length, ALIGNMENT);
}

static struct file_header *make_header(const struct index *index)
{
    const struct segment_list *list = index->list;
    struct file_header *header = svc_alloc_zero(1, sizeof *header);

    memcpy(header->magic, MAGIC, sizeof header->magic);
    header->version = VERSION;
    header->byte_order = BYTE_ORDER_MARK;
    header->segment_count = (uint32_t)list->count;
    header->weights = weights_index_hash(index->settings.weights);
    header->analyser = analyser_print(index->settings.analyser);
    header->cursor = list->cursor;
    header->sizes = structure_sizes();
    uint64_t end = align(sizeof *header, PAGE);
    for (size_t i = 0; i < list->count; i++) {
        const struct segment_entry *entry = &list->entries[i];
        struct file_segment *segment = &header->segments[i];
        size_t words = live_words(entry->segment->doc_count);
        segment->at = end;
        segment->live_count = entry->live->count;
        uint64_t at =
            place(&segment->live, entry->live->words, words * sizeof(uint64_t), 0);
        for (size_t s = 0; s < SECTIONS; s++) {
            const struct segment_bytes *bytes = &entry->segment->sections[s];
            at = place(&segment->sections[s], bytes->bytes, bytes->length, at);
        }
        segment->length = at;
        end = align(end + at, PAGE);
    }
    header->file_length = end;
    header->checksum = checksum_bytes(header, offsetof(struct file_header, checksum), 0);
    return header;
}

static bool write_at(int file, const void *bytes, size_t length, uint64_t at)
{
    const char *from = bytes;

    while (length > 0) {
        ssize_t written = pwrite(file, from, length, (off_t)at);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        from += written;
        at += (uint64_t)written;
        length -= (size_t)written;
    }
    return true;
}

static bool write_all(
    int file, const struct file_header *header, const struct segment_list *list)
{
    if (ftruncate(file, 0) != 0 || ftruncate(file, (off_t)header->file_length) != 0) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct file_segment *segment = &header->segments[i];
        const struct segment_entry *entry = &list->entries[i];
        if (!write_at(file, entry->live->words, segment->live.length, segment->at)) {
            return false;
        }
        for (size_t s = 0; s < SECTIONS; s++) {
            const struct file_section *section = &segment->sections[s];
            if (!write_at(file, entry->segment->sections[s].bytes, section->length,
                    segment->at + section->at)) {
                return false;
            }
        }
    }
    return write_at(file, header, sizeof *header, 0) && fsync(file) == 0;
}

/* The folder's entry is on the disk only when the folder is. */
static bool sync_folder(const char *path)
{
    SVC_AUTO_FREE char *folder = svc_strdup(path);
    char *slash = strrchr(folder, '/');

    if (slash != NULL) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    int file = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    bool synced = fsync(file) == 0;
    close(file);
    return synced;
}

/* The file that is written aside, or -1. Locked, since replicas may share a folder: two
 * that write to one file would make a third load one that still changes. */
static int open_aside(const char *aside, char ret_error[256])
{
    struct stat opened = {0};
    struct stat named = {0};
    int file = open(aside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (file < 0) {
        snprintf(ret_error, 256, "%.200s: %s", aside, strerror(errno));
        return -1;
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0 || fstat(file, &opened) != 0 ||
        stat(aside, &named) != 0 || opened.st_ino != named.st_ino) {
        snprintf(ret_error, 256, "%.200s: another replica writes it", aside);
        close(file);
        return -1;
    }
    return file;
}

enum svc_status index_save(struct index *index, const char *path, char ret_error[256])
{
    size_t size = strlen(path) + sizeof ".new";
    SVC_AUTO_FREE char *aside = svc_alloc(size);

    if (index->list == NULL) {
        snprintf(ret_error, 256, "the index is empty");
        return SVC_UNAVAILABLE;
    }
    snprintf(aside, size, "%s.new", path);
    int file = open_aside(aside, ret_error);
    if (file < 0) {
        return SVC_UNAVAILABLE;
    }
    struct file_header *header = make_header(index);
    bool written = write_all(file, header, index->list);
    int error = errno;
    free(header);
    bool saved = written && rename(aside, path) == 0 && sync_folder(path);
    if (!saved) {
        snprintf(ret_error, 256, "%.200s: %s", path, strerror(written ? errno : error));
        unlink(aside);
    }
    close(file); /* its lock goes with it, now that the file has its name */
    return saved ? SVC_OK : SVC_UNAVAILABLE;
}

/* --- Loading --- */

static const char *check_header(
    const struct index *index, const struct file_header *header, uint64_t file_length)
{
    if (memcmp(header->magic, MAGIC, sizeof header->magic) != 0) {
        return "it is no snapshot";
    }
    if (header->version != VERSION || header->byte_order != BYTE_ORDER_MARK ||
        header->sizes != structure_sizes()) {
        return "it is of another version";
    }
    if (header->checksum !=
        checksum_bytes(header, offsetof(struct file_header, checksum), 0)) {
        return "its header is damaged";
    }
    if (header->file_length != file_length || header->segment_count > SEGMENTS_MAX) {
        return "it is cut off";
    }
    if (header->weights != weights_index_hash(index->settings.weights)) {
        return "it was made with other weights";
    }
    if (header->analyser != analyser_print(index->settings.analyser)) {
        return "it was made for another language or by other rules";
    }
    return NULL;
}

static bool is_whole(const char *map, const struct file_segment *segment,
    const struct file_section *section)
{
    return section->at <= segment->length &&
           section->length <= segment->length - section->at &&
           checksum_bytes(map + section->at, section->length, 0) == section->checksum;
}

/* What the rest of the code takes for granted. */
static bool is_consistent(const struct segment *segment, const struct file_segment *from)
{
    size_t docs = segment->doc_count;

    return segment->sections[SECTION_facts].length == docs * sizeof(struct doc_facts) &&
           segment->sections[SECTION_ranks].length == docs &&
           segment->sections[SECTION_prices].length == docs * sizeof(uint64_t) &&
           segment->sections[SECTION_doc_values].length ==
               docs * sizeof(struct doc_values) &&
           segment->sections[SECTION_part_starts].length ==
               (segment->value_count + 1) * sizeof(uint32_t) &&
           from->live.length == live_words(docs) * sizeof(uint64_t) &&
           from->live_count <= docs &&
           segment->sections[SECTION_posting_impacts].length ==
               segment->sections[SECTION_posting_masks].length;
}

static const char *load_segment(int file, const struct file_segment *from,
    const struct weights *weights, struct segment_entry *ret_entry)
{
    char *map = mmap(NULL, from->length, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_POPULATE, file, (off_t)from->at);

    if (map == MAP_FAILED) {
        return "it can't be mapped";
    }
    struct segment *segment = svc_alloc_zero(1, sizeof *segment);
    segment->references = 1;
    segment->map = map;
    segment->map_length = from->length;
    bool whole = is_whole(map, from, &from->live);
    for (size_t i = 0; i < SECTIONS && whole; i++) {
        whole = is_whole(map, from, &from->sections[i]);
        segment->sections[i] =
            (struct segment_bytes){map + from->sections[i].at, from->sections[i].length};
    }
    segment_open(segment);
    if (!whole || !is_consistent(segment, from)) {
        segment_free(segment);
        return "it is damaged";
    }
    segment_ranks_set(segment, weights);
    struct live *live = live_new(segment->doc_count);
    memcpy(live->words, map + from->live.at, from->live.length);
    live->count = from->live_count;
    *ret_entry = (struct segment_entry){segment, live};
    return NULL;
}

static const char *load(struct index *index, int file, const struct file_header *header)
{
    struct segment_list *list = svc_alloc_zero(1, sizeof *list);
    const char *fault = NULL;

    for (size_t i = 0; i < header->segment_count && fault == NULL; i++) {
        struct segment_entry entry = {0};
        fault = load_segment(file, &header->segments[i], index->settings.weights, &entry);
        if (fault == NULL) {
            list_add(list, entry.segment, entry.live);
        }
    }
    if (fault != NULL) {
        while (list->count > 0) {
            list_remove(list, list->count - 1);
        }
        free(list);
        return fault;
    }
    list->cursor = header->cursor;
    index_publish(index, list);
    return NULL;
}

static const char *load_file(struct index *index, int file)
{
    struct stat stat = {0};
    struct file_header *header = svc_alloc_zero(1, sizeof *header);
    const char *fault = "it is cut off";

    if (fstat(file, &stat) == 0 &&
        pread(file, header, sizeof *header, 0) == (ssize_t)sizeof *header) {
        fault = check_header(index, header, (uint64_t)stat.st_size);
        fault = fault == NULL ? load(index, file, header) : fault;
    }
    free(header);
    return fault;
}

enum svc_status index_load(struct index *index, const char *path, char ret_error[256])
{
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0) {
        snprintf(ret_error, 256, "%.200s: %s", path, strerror(errno));
        return errno == ENOENT ? SVC_NOT_FOUND : SVC_INVALID;
    }
    const char *fault = load_file(index, file);
    close(file);
    if (fault != NULL) {
        snprintf(ret_error, 256, "%.200s: %s", path, fault);
        return SVC_INVALID;
    }
    return SVC_OK;
}
