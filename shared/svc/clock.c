#include "clock.h"

#include <string.h>
#include <time.h>

#define DAY_S 86400
#define YEAR_0_S (-62167219200LL)
#define YEAR_9999_S 253402300799LL

struct civil {
    int64_t year;
    unsigned month;
    unsigned day;
};

int64_t svc_clock_monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t svc_clock_monotonic_ms(void)
{
    return svc_clock_monotonic_ns() / 1000000;
}

int64_t svc_clock_unix_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar, after Howard
 * Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days: no table, no
 * lock and no locale, unlike gmtime. */
static struct civil civil_from_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    unsigned day_of_era = (unsigned)(shifted - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted_month = (5 * day_of_year + 2) / 153;
    struct civil date = {
        .year = (int64_t)year_of_era + era * 400,
        .month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9,
        .day = day_of_year - (153 * shifted_month + 2) / 5 + 1,
    };

    date.year += date.month <= 2;
    return date;
}

static char *put_digits(char *text, unsigned value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        text[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return text + digits;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    value = value < low ? low : value;
    return value > high ? high : value;
}

/* SECONDS: in the years 0 to 9999. */
static char *put_seconds(char *text, int64_t seconds)
{
    int64_t days = seconds >= 0 ? seconds / DAY_S : -((-seconds + DAY_S - 1) / DAY_S);
    unsigned of_day = (unsigned)(seconds - days * DAY_S);
    struct civil date = civil_from_days(days);

    text = put_digits(text, (unsigned)date.year, 4);
    *text++ = '-';
    text = put_digits(text, date.month, 2);
    *text++ = '-';
    text = put_digits(text, date.day, 2);
    *text++ = 'T';
    text = put_digits(text, of_day / 3600, 2);
    *text++ = ':';
    text = put_digits(text, of_day / 60 % 60, 2);
    *text++ = ':';
    return put_digits(text, of_day % 60, 2);
}

const char *svc_clock_format_s(int64_t seconds, char text[SVC_CLOCK_TEXT_SIZE])
{
    char *end = put_seconds(text, clamp(seconds, YEAR_0_S, YEAR_9999_S));

    memcpy(end, "Z", 2);
    return text;
}

const char *svc_clock_format_ms(int64_t milliseconds, char text[SVC_CLOCK_TEXT_SIZE])
{
    milliseconds = clamp(milliseconds, YEAR_0_S * 1000, YEAR_9999_S * 1000 + 999);
    int64_t seconds = milliseconds / 1000 - (milliseconds % 1000 < 0);
    char *end = put_seconds(text, seconds);

    *end++ = '.';
    end = put_digits(end, (unsigned)(milliseconds - seconds * 1000), 3);
    memcpy(end, "Z", 2);
    return text;
}
