#include "redis_private.h"

#include "crypto.h"

#include <stdlib.h>
#include <string.h>

#define WIRE_MAX ((size_t)1 << 30)
#define SHA1_HEX_LENGTH 40

struct svc_redis_batch *svc_redis_batch_new(void)
{
    struct svc_redis_batch *batch = svc_alloc_zero(1, sizeof *batch);

    svc_buf_init(&batch->wire, WIRE_MAX);
    return batch;
}

void svc_redis_batch_drop_replies(struct svc_redis_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        svc_redis_reply_free(&batch->replies[i]);
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
    svc_buf_done(&batch->wire);
    free(batch->commands);
    free((void *)batch->replies);
    free(batch);
}

void svc_redis_batch_free_scoped(struct svc_redis_batch **batch)
{
    svc_redis_batch_free(batch);
}

void svc_redis_batch_mark_repeatable(struct svc_redis_batch *batch)
{
    batch->repeatable = true;
}

static struct svc_redis_command *add_command(struct svc_redis_batch *batch)
{
    if (batch->count == batch->room) {
        batch->room = batch->room > 0 ? batch->room * 2 : 4;
        batch->commands =
            svc_realloc(batch->commands, batch->room * sizeof *batch->commands);
        batch->replies =
            svc_realloc((void *)batch->replies, batch->room * sizeof *batch->replies);
    }
    struct svc_redis_command *command = &batch->commands[batch->count];
    batch->replies[batch->count++] = NULL;
    *command = (struct svc_redis_command){
        .offset = batch->wire.length, .slot = SVC_REDIS_NO_SLOT};
    return command;
}

void svc_redis_batch_add(struct svc_redis_batch *batch, size_t count,
    const struct svc_slice *arguments, size_t key_index)
{
    struct svc_redis_command *command = add_command(batch);

    svc_redis_wire_add(&batch->wire, count, arguments);
    command->count = count;
    command->length = batch->wire.length - command->offset;
    if (key_index > 0 && key_index < count) {
        command->slot = (int)svc_redis_slot(arguments[key_index]);
    }
}

/* The hash of a script costs several microseconds, and a thread has few scripts: each
 * remembers its own, without a lock. */
static struct svc_slice script_hash(const struct svc_redis_script *script)
{
    static _Thread_local struct {
        const char *source;
        char hex[SHA1_HEX_LENGTH + 1];
    } known[16];
    size_t index = ((uintptr_t)script->source >> 4) % (sizeof known / sizeof known[0]);

    if (known[index].source != script->source) {
        known[index].source = script->source;
        svc_sha1_hex(
            (struct svc_slice){script->source, strlen(script->source)}, known[index].hex);
    }
    return (struct svc_slice){known[index].hex, SHA1_HEX_LENGTH};
}

/* EVALSHA <sha1> <number of keys> <keys and values> */
void svc_redis_batch_add_script(struct svc_redis_batch *batch,
    const struct svc_redis_script *script, size_t key_count, size_t count,
    const struct svc_slice *arguments)
{
    char number[24];
    struct svc_redis_command *command = add_command(batch);

    command->script = script;
    command->count = count + 3;
    svc_redis_wire_add_number(&batch->wire, '*', command->count);
    svc_redis_wire_add_argument(&batch->wire, SVC_SLICE("EVALSHA"));
    svc_redis_wire_add_argument(&batch->wire, script_hash(script));
    command->tail = batch->wire.length;
    size_t digits = svc_text_put_int64(number, (int64_t)key_count);
    svc_redis_wire_add_argument(&batch->wire, (struct svc_slice){number, digits});
    for (size_t i = 0; i < count; i++) {
        svc_redis_wire_add_argument(&batch->wire, arguments[i]);
    }
    command->length = batch->wire.length - command->offset;
    if (key_count > 0 && count > 0) {
        command->slot = (int)svc_redis_slot(arguments[0]);
    }
}

void svc_redis_batch_copy(
    const struct svc_redis_batch *batch, size_t index, bool eval, struct svc_buf *wire)
{
    const struct svc_redis_command *command = &batch->commands[index];
    const char *bytes = batch->wire.bytes;

    if (command->script == NULL || !eval) {
        svc_buf_add(wire, bytes + command->offset, command->length);
        return;
    }
    const char *source = command->script->source;
    svc_redis_wire_add_number(wire, '*', command->count);
    svc_redis_wire_add_argument(wire, SVC_SLICE("EVAL"));
    svc_redis_wire_add_argument(wire, (struct svc_slice){source, strlen(source)});
    svc_buf_add(
        wire, bytes + command->tail, command->length - (command->tail - command->offset));
}

const struct svc_redis_reply *svc_redis_batch_reply(
    const struct svc_redis_batch *batch, size_t index)
{
    return index < batch->count ? batch->replies[index] : NULL;
}
