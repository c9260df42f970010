#include "store_array.h"

#include <string.h>

void array_init(struct svc_buf *array)
{
    svc_buf_init(array, ARRAY_BYTES_MAX);
    svc_buf_add_char(array, '{');
}

static void begin_element(struct svc_buf *array)
{
    if (array->length > 1) {
        svc_buf_add_char(array, ',');
    }
}

void array_add_text(struct svc_buf *array, struct svc_slice text)
{
    begin_element(array);
    if (text.text == NULL) {
        svc_buf_add(array, "NULL", 4);
        return;
    }
    char *start = svc_buf_reserve(array, 2 * text.length + 3);
    if (start == NULL) {
        return;
    }
    char *at = start;
    *at++ = '"';
    for (size_t i = 0; i < text.length; i++) {
        if (text.text[i] == '"' || text.text[i] == '\\') {
            *at++ = '\\';
        }
        *at++ = text.text[i];
    }
    *at++ = '"';
    *at = '\0';
    array->length += (size_t)(at - start);
}

void array_add_int(struct svc_buf *array, int64_t number)
{
    char digits[24];

    begin_element(array);
    svc_buf_add(array, digits, svc_text_put_int64(digits, number));
}

struct svc_slice array_end(struct svc_buf *array)
{
    svc_buf_add_char(array, '}');
    return (struct svc_slice){svc_buf_text(array), array->length};
}
