#include "gateway_private.h"

const struct gateway *gateway_find(struct svc_slice name)
{
    static const struct gateway *const all[] = {
        &gateway_stripe, &gateway_mercado_pago, &gateway_wompi, &gateway_paypal};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (svc_slice_equals(name, all[i]->name)) {
            return all[i];
        }
    }
    return NULL;
}

const char *payment_mismatch(
    const struct payment_truth *truth, const struct gateway_order *order, bool live)
{
    if (!gateway_same(truth->reference, order->payment_id)) {
        return "reference";
    }
    if (truth->live != live) {
        return "mode";
    }
    if (!gateway_same(truth->currency, order->currency)) {
        return "currency";
    }
    if (truth->amount_minor != order->amount_minor) {
        return "amount";
    }
    return NULL;
}
