#include "redis_private.h"

void svc_redis_wire_add_number(struct svc_buf *wire, char mark, size_t number)
{
    char line[24];

    line[0] = mark;
    size_t length = 1 + svc_text_put_int64(line + 1, (int64_t)number);
    line[length++] = '\r';
    line[length++] = '\n';
    svc_buf_add(wire, line, length);
}

void svc_redis_wire_add_argument(struct svc_buf *wire, struct svc_slice argument)
{
    svc_redis_wire_add_number(wire, '$', argument.length);
    svc_buf_add(wire, argument.text, argument.length);
    svc_buf_add(wire, "\r\n", 2);
}

void svc_redis_wire_add(
    struct svc_buf *wire, size_t count, const struct svc_slice *arguments)
{
    svc_redis_wire_add_number(wire, '*', count);
    for (size_t i = 0; i < count; i++) {
        svc_redis_wire_add_argument(wire, arguments[i]);
    }
}
