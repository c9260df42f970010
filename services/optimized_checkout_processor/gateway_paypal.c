#include "gateway_private.h"
const struct gateway gateway_paypal = {.name = "paypal"};
