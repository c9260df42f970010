/* Settings: one table a service, read from the environment once, at the start.
 *
 * Each setting NAME may also come from a file named by NAME_FILE (a secret that
 * Kubernetes or Docker mounts). An empty value counts as not set. A bad value stops the
 * start with one line that holds the name, the value and what is allowed. */
#ifndef SVC_CONFIG_H
#define SVC_CONFIG_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum svc_setting_type {
    SVC_SETTING_INT,    /* int64_t */
    SVC_SETTING_BOOL,   /* bool; true, false, 1, 0, yes, no, on, off */
    SVC_SETTING_TEXT,   /* const char *, NULL where not set and without default */
    SVC_SETTING_SECRET, /* the same, never shown */
    SVC_SETTING_CHOICE, /* int, the index in `choices` */
};

struct svc_setting {
    const char *name;
    enum svc_setting_type type;
    const char *default_text; /* NULL: none */
    const char *unit;         /* "ms", "bytes" ...; NULL: none */
    const char *help;
    size_t offset; /* of the target in the struct that svc_config_read fills */
    int64_t min;   /* of an INT; of a TEXT or SECRET the longest length is `max` */
    int64_t max;
    const char *choices; /* "a|b|c" */
};

/* A table's lines. OWNER and MEMBER tell where the value goes; the rest as above:
 *     SVC_SETTING_INT_AT(struct config, lease_ms, "LEASE_MS", "60000", "ms", 1000,
 * 3600000, "how long ...") */
#define SVC_SETTING_INT_AT(owner, member, name, standard, unit, min, max, help)          \
    {                                                                                    \
        (name), SVC_SETTING_INT, (standard), (unit), (help), offsetof(owner, member),    \
            (min), (max), NULL                                                           \
    }
#define SVC_SETTING_BOOL_AT(owner, member, name, standard, help)                         \
    {                                                                                    \
        (name), SVC_SETTING_BOOL, (standard), NULL, (help), offsetof(owner, member), 0,  \
            0, NULL                                                                      \
    }
#define SVC_SETTING_TEXT_AT(owner, member, name, standard, help)                         \
    {                                                                                    \
        (name), SVC_SETTING_TEXT, (standard), NULL, (help), offsetof(owner, member), 0,  \
            4096, NULL                                                                   \
    }
#define SVC_SETTING_SECRET_AT(owner, member, name, help)                                 \
    {                                                                                    \
        (name), SVC_SETTING_SECRET, NULL, NULL, (help), offsetof(owner, member), 0,      \
            4096, NULL                                                                   \
    }
#define SVC_SETTING_CHOICE_AT(owner, member, name, standard, choices, help)              \
    {                                                                                    \
        (name), SVC_SETTING_CHOICE, (standard), NULL, (help), offsetof(owner, member),   \
            0, 0, (choices)                                                              \
    }

struct svc_setting_table {
    const struct svc_setting *settings;
    size_t count;
    void *target; /* the struct that the offsets are in */
};

struct svc_config_error {
    char message[512];
};

/* Fills TABLE's target, which must be zero before. LOOKUP is getenv, or a test's
 * stand-in. Texts are copies that live until svc_config_done. Stops at the first bad
 * value. */
SVC_MUST_CHECK bool svc_config_read(const struct svc_setting_table *table,
    char *(*lookup)(const char *name), struct svc_config_error *ret_error);

/* Frees the texts, also after a failure. */
void svc_config_done(const struct svc_setting_table *table);

/* Prints every setting with default, unit and what it is for, as --help shows it. */
void svc_config_print(const struct svc_setting_table *table);

#endif
