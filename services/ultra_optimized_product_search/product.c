#include "product.h"

bool product_on_offer(const struct product_facts *facts, int64_t now_s)
{
    return facts->offer_minor > 0 && facts->offer_minor < facts->price_minor &&
           (facts->offer_from_s == 0 || facts->offer_from_s <= now_s) &&
           (facts->offer_until_s == 0 || facts->offer_until_s > now_s);
}

int64_t product_price_minor(const struct product_facts *facts, int64_t now_s)
{
    return product_on_offer(facts, now_s) ? facts->offer_minor : facts->price_minor;
}
