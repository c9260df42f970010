/* Asks each provider's API whether it has the model of its row: at the start, after a
 * change, and every few hours, since models are withdrawn. It only tells people; a
 * provider is called whatever comes of it. */
#ifndef STORE_MODELS_H
#define STORE_MODELS_H

#include "provider_list.h"

struct store_models;

enum model_state {
    MODEL_UNKNOWN, /* not asked yet, or the API doesn't say */
    MODEL_THERE,
    MODEL_MISSING,
};

struct model_standing {
    enum model_state state;
    char shutdown_date[32]; /* as the API says it; "": not said */
};

/* CA_FILE as of svc_client_settings. NULL, with one line in `ret_error`, for one that
 * can't be used. */
struct store_models *store_models_new(const char *ca_file, char ret_error[256]);
/* Ends the thread, after the request under way. Takes a pointer to NULL. */
void store_models_free(struct store_models **models);

/* Asks soon about the models of LIST, which it holds. */
void store_models_check(struct store_models *models, struct provider_list *list);

/* What is known of CONFIG's model. */
void store_models_get(struct store_models *models, const struct provider_config *config,
    struct model_standing *ret_standing);

#endif
