#include "event_time.h"

#include <math.h>

#define DAY_MS INT64_C(86400000)
/* Seconds reach this in the year 5138, milliseconds had it in 1973. */
#define SECONDS_MAX 1e11

/* COUNT digits from AT on. */
static bool read_digits(
    struct svc_slice text, size_t at, size_t count, int64_t *ret_number)
{
    int64_t number = 0;

    if (at + count > text.length) {
        return false;
    }
    for (size_t i = at; i < at + count; i++) {
        if (text.text[i] < '0' || text.text[i] > '9') {
            return false;
        }
        number = number * 10 + (text.text[i] - '0');
    }
    *ret_number = number;
    return true;
}

static bool is_at(struct svc_slice text, size_t at, const char *allowed)
{
    if (at >= text.length) {
        return false;
    }
    while (*allowed != '\0' && *allowed != text.text[at]) {
        allowed++;
    }
    return *allowed != '\0';
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static bool read_date(struct svc_slice text, int64_t *ret_days)
{
    int64_t year, month, day;

    if (!read_digits(text, 0, 4, &year) || !is_at(text, 4, "-") ||
        !read_digits(text, 5, 2, &month) || !is_at(text, 7, "-") ||
        !read_digits(text, 8, 2, &day)) {
        return false;
    }
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month)) {
        return false;
    }
    *ret_days = days_from_civil(year, month, day);
    return true;
}

bool event_time_read_date(struct svc_slice text, int64_t *ret_days)
{
    return text.length == 10 && read_date(text, ret_days);
}

/* "Z", "+hh:mm" or "-hh:mm" from AT to the end. */
static bool read_offset(struct svc_slice text, size_t at, int64_t *ret_ms)
{
    int64_t hours, minutes;

    if (is_at(text, at, "Zz")) {
        *ret_ms = 0;
        return at + 1 == text.length;
    }
    if (!is_at(text, at, "+-") || !read_digits(text, at + 1, 2, &hours) ||
        !is_at(text, at + 3, ":") || !read_digits(text, at + 4, 2, &minutes) ||
        at + 6 != text.length || hours > 23 || minutes > 59) {
        return false;
    }
    int64_t offset_ms = (hours * 60 + minutes) * 60000;
    *ret_ms = text.text[at] == '-' ? -offset_ms : offset_ms;
    return true;
}

/* The fraction of a second at AT, cut to milliseconds; the place after it. */
static size_t read_fraction(struct svc_slice text, size_t at, int64_t *ret_ms)
{
    int64_t unit = 100;

    *ret_ms = 0;
    if (!is_at(text, at, ".")) {
        return at;
    }
    for (at++; is_at(text, at, "0123456789"); at++) {
        *ret_ms += (text.text[at] - '0') * unit;
        unit /= 10;
    }
    return at;
}

static bool read_text(struct svc_slice text, int64_t *ret_ms)
{
    int64_t days, hours, minutes, seconds, fraction_ms, offset_ms;

    if (!read_date(text, &days) || !is_at(text, 10, "Tt ") ||
        !read_digits(text, 11, 2, &hours) || !is_at(text, 13, ":") ||
        !read_digits(text, 14, 2, &minutes) || !is_at(text, 16, ":") ||
        !read_digits(text, 17, 2, &seconds)) {
        return false;
    }
    if (hours > 23 || minutes > 59 || seconds > 60) {
        return false;
    }
    size_t at = read_fraction(text, 19, &fraction_ms);
    if (!read_offset(text, at, &offset_ms)) {
        return false;
    }
    *ret_ms = days * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000 +
              fraction_ms - offset_ms;
    return true;
}

static bool from_number(double number, int64_t *ret_ms)
{
    if (!isfinite(number) || number < 0 || number >= SECONDS_MAX * 1000) {
        return false;
    }
    *ret_ms = (int64_t)(number < SECONDS_MAX ? number * 1000 : number);
    return true;
}

bool event_time_read(const struct svc_json *value, int64_t *ret_ms)
{
    struct svc_slice text = svc_json_text(value);
    int64_t number;

    if (svc_json_is(value, SVC_JSON_NUMBER)) {
        return from_number(svc_json_to_double(value), ret_ms);
    }
    if (text.text == NULL) {
        return false;
    }
    if (svc_text_to_int64(text, &number)) {
        return from_number((double)number, ret_ms);
    }
    return read_text(text, ret_ms);
}
