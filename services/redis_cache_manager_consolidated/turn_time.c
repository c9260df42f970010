#include "turn.h"

static bool read_digits(struct svc_slice *text, size_t count, int64_t *ret_number)
{
    if (text->length < count) {
        return false;
    }
    *ret_number = 0;
    for (size_t i = 0; i < count; i++) {
        char digit = text->text[i];
        if (digit < '0' || digit > '9') {
            return false;
        }
        *ret_number = *ret_number * 10 + (digit - '0');
    }
    text->text += count;
    text->length -= count;
    return true;
}

static bool read_mark(struct svc_slice *text, char mark)
{
    if (text->length == 0 || text->text[0] != mark) {
        return false;
    }
    text->text++;
    text->length--;
    return true;
}

/* Days since 1970-01-01 of the Gregorian calendar (H. Hinnant, "chrono-compatible
 * low-level date algorithms", days_from_civil). */
static int64_t count_days(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static int64_t read_fraction_ms(struct svc_slice *text)
{
    int64_t ms = 0;
    int64_t weight = 100;
    int64_t digit = 0;

    if (!read_mark(text, '.')) {
        return 0;
    }
    while (read_digits(text, 1, &digit)) {
        ms += digit * weight;
        weight /= 10;
    }
    return ms;
}

/* "Z", "+02:00" or "-06:00", in minutes. */
static bool read_offset(struct svc_slice *text, int64_t *ret_minutes)
{
    int64_t hours = 0;
    int64_t minutes = 0;
    int sign = 1;

    *ret_minutes = 0;
    if (read_mark(text, 'Z')) {
        return text->length == 0;
    }
    if (read_mark(text, '-')) {
        sign = -1;
    } else if (!read_mark(text, '+')) {
        return false;
    }
    if (!read_digits(text, 2, &hours) || !read_mark(text, ':') ||
        !read_digits(text, 2, &minutes)) {
        return false;
    }
    *ret_minutes = sign * (hours * 60 + minutes);
    return text->length == 0;
}

static int64_t read_time_ms(struct svc_slice text)
{
    enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS };
    static const char marks[PARTS] = {'-', '-', 'T', ':', ':', '\0'};
    int64_t parts[PARTS];
    int64_t offset = 0;

    for (size_t i = 0; i < PARTS; i++) {
        if (!read_digits(&text, i == YEAR ? 4 : 2, &parts[i]) ||
            (marks[i] != '\0' && !read_mark(&text, marks[i]))) {
            return 0;
        }
    }
    int64_t fraction_ms = read_fraction_ms(&text);
    if (parts[MONTH] < 1 || parts[MONTH] > 12 || !read_offset(&text, &offset)) {
        return 0;
    }
    int64_t days = count_days(parts[YEAR], parts[MONTH], parts[DAY]);
    int64_t minutes = days * 1440 + parts[HOUR] * 60 + parts[MINUTE] - offset;
    return (minutes * 60 + parts[SECOND]) * 1000 + fraction_ms;
}

int64_t turn_time_ms(const struct svc_json *value)
{
    int64_t seconds = 0;

    if (svc_json_is(value, SVC_JSON_STRING)) {
        struct svc_slice text = svc_json_text(value);
        if (!svc_text_to_int64(text, &seconds)) {
            return read_time_ms(text);
        }
    } else if (!svc_json_to_int64(value, &seconds)) {
        return 0;
    }
    return seconds > 0 && seconds < 253402300800 ? seconds * 1000 : 0;
}
