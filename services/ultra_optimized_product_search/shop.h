/* What a shop says of itself in system_config. */
#ifndef SHOP_H
#define SHOP_H

#include <stdint.h>

struct shop {
    char currency[4];       /* ISO 4217 */
    char locale[8];         /* of its customers; "": not said */
    int64_t minor_per_unit; /* of the currency */
};

#endif
