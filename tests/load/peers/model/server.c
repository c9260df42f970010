/*
 * A model that always answers the same, in OpenAI's form, DELAY_MS after it was asked; a
 * thread a connection, so that a wait holds up nobody else.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char ANSWER[] =
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"instant\","
    "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
    "\"{\\\"intent\\\":\\\"search_product\\\",\\\"confidence\\\":0.94}\"},"
    "\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":420,\"completion_tokens\":14,\"total_tokens\":434}}";
static const char MODELS[] =
    "{\"object\":\"list\",\"data\":[{\"id\":\"instant\",\"object\":\"model\"}]}";
static int request_seen;
static struct timespec delay;

static struct MHD_Response *make_response(const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(size_t)text, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    return response;
}

static struct MHD_Response *responses[2];

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *body,
    size_t *body_size, void **state)
{
    (void)cls, (void)url, (void)version, (void)body;
    if (*state == NULL) {
        *state = &request_seen; /* the headers only; the body comes with the next calls */
        return MHD_YES;
    }
    if (*body_size > 0) {
        *body_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, "GET") == 0) {
        return MHD_queue_response(connection, MHD_HTTP_OK, responses[1]);
    }
    nanosleep(&delay, NULL);
    return MHD_queue_response(connection, MHD_HTTP_OK, responses[0]);
}

int main(void)
{
    const char *port = getenv("PORT");
    const char *delay_text = getenv("DELAY_MS");
    long delay_ms = delay_text != NULL ? strtol(delay_text, NULL, 10) : 0;
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)(port != NULL ? strtoul(port, NULL, 10) : 0));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    delay = (struct timespec){delay_ms / 1000, delay_ms % 1000 * 1000000};

    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);

    responses[0] = make_response(ANSWER);
    responses[1] = make_response(MODELS);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
        &answer, NULL, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT, 2000u,
        MHD_OPTION_END);
    if (daemon == NULL) {
        fprintf(
            stderr, "can't listen on 127.0.0.1:%s\n", port != NULL ? port : "(no PORT)");
        return 1;
    }
    int received;
    sigwait(&stop, &received);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(responses[0]);
    MHD_destroy_response(responses[1]);
    return 0;
}
