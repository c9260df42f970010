#include "gateway_private.h"
const struct gateway gateway_wompi = {.name = "wompi"};
