#include "redis_private.h"

#include "crypto.h"

#include <hiredis/hiredis.h>

#include <stdlib.h>
#include <string.h>

struct svc_redis_batch *svc_redis_batch_new(void)
{
    return svc_alloc_zero(1, sizeof(struct svc_redis_batch));
}

void svc_redis_batch_drop_replies(struct svc_redis_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        freeReplyObject(batch->commands[i].reply);
        batch->commands[i].reply = NULL;
    }
}

void svc_redis_batch_free(struct svc_redis_batch **batch_pointer)
{
    struct svc_redis_batch *batch = *batch_pointer;

    *batch_pointer = NULL;
    if (batch == NULL) {
        return;
    }
    svc_redis_batch_drop_replies(batch);
    svc_arena_done(&batch->arena);
    free(batch->commands);
    free(batch);
}

void svc_redis_batch_free_scoped(struct svc_redis_batch **batch)
{
    svc_redis_batch_free(batch);
}

static struct svc_redis_command *add_command(struct svc_redis_batch *batch, size_t count)
{
    if (batch->count == batch->room) {
        batch->room = batch->room > 0 ? batch->room * 2 : 8;
        batch->commands =
            svc_realloc(batch->commands, batch->room * sizeof *batch->commands);
    }
    struct svc_redis_command *command = &batch->commands[batch->count++];
    *command = (struct svc_redis_command){.count = count};
    command->arguments =
        svc_arena_alloc(&batch->arena, count * sizeof *command->arguments);
    command->lengths = svc_arena_alloc(&batch->arena, count * sizeof *command->lengths);
    return command;
}

static void set_argument(struct svc_redis_batch *batch, struct svc_redis_command *command,
    size_t index, struct svc_slice text)
{
    command->arguments[index] = svc_arena_strndup(&batch->arena, text.text, text.length);
    command->lengths[index] = text.length;
}

void svc_redis_batch_add(struct svc_redis_batch *batch, size_t count,
    const struct svc_slice *arguments, size_t key_index)
{
    struct svc_redis_command *command = add_command(batch, count);

    command->key_index = key_index;
    for (size_t i = 0; i < count; i++) {
        set_argument(batch, command, i, arguments[i]);
    }
}

/* A hash a call costs less than a lock around one that is kept. */
static const char *script_hash(
    struct svc_redis_batch *batch, const struct svc_redis_script *script)
{
    char *hex = svc_arena_alloc(&batch->arena, 41);

    svc_sha1_hex((struct svc_slice){script->source, strlen(script->source)}, hex);
    return hex;
}

/* EVALSHA <sha1> <number of keys> <keys and values> */
void svc_redis_batch_add_script(struct svc_redis_batch *batch,
    const struct svc_redis_script *script, size_t key_count, size_t count,
    const struct svc_slice *arguments)
{
    char keys[1];
    struct svc_redis_command *command = add_command(batch, count + 3);

    keys[0] = (char)('0' + key_count % 10);
    command->script = script;
    command->key_index = 3;
    set_argument(batch, command, 0, SVC_SLICE("EVALSHA"));
    command->arguments[1] = script_hash(batch, script);
    command->lengths[1] = 40;
    set_argument(batch, command, 2, (struct svc_slice){keys, 1});
    for (size_t i = 0; i < count; i++) {
        set_argument(batch, command, i + 3, arguments[i]);
    }
}

const struct svc_redis_reply *svc_redis_batch_reply(
    const struct svc_redis_batch *batch, size_t index)
{
    return index < batch->count ? batch->commands[index].reply : NULL;
}

static const redisReply *native(const struct svc_redis_reply *reply)
{
    return (const redisReply *)(const void *)reply;
}

bool svc_redis_reply_is_nil(const struct svc_redis_reply *reply)
{
    return reply == NULL || native(reply)->type == REDIS_REPLY_NIL;
}

bool svc_redis_reply_is_error(const struct svc_redis_reply *reply)
{
    return reply != NULL && native(reply)->type == REDIS_REPLY_ERROR;
}

struct svc_slice svc_redis_reply_text(const struct svc_redis_reply *reply)
{
    if (reply == NULL || native(reply)->str == NULL) {
        return (struct svc_slice){0};
    }
    return (struct svc_slice){native(reply)->str, native(reply)->len};
}

int64_t svc_redis_reply_int(const struct svc_redis_reply *reply)
{
    bool integer = reply != NULL && native(reply)->type == REDIS_REPLY_INTEGER;

    return integer ? native(reply)->integer : 0;
}

size_t svc_redis_reply_count(const struct svc_redis_reply *reply)
{
    bool array = reply != NULL && native(reply)->type == REDIS_REPLY_ARRAY;

    return array ? native(reply)->elements : 0;
}

const struct svc_redis_reply *svc_redis_reply_at(
    const struct svc_redis_reply *reply, size_t index)
{
    if (index >= svc_redis_reply_count(reply)) {
        return NULL;
    }
    return (const struct svc_redis_reply *)(const void *)native(reply)->element[index];
}
