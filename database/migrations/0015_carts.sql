-- What a customer is about to buy, and what a purchase is reckoned with.
-- Money of these tables is in minor units of the shop's currency (ISO 4217).

-- on_hand is products.stock; what orders hold until they are paid is apart, so
-- that an import that sets stock to what is on the shelf loses no reservation.
ALTER TABLE products
    ADD COLUMN IF NOT EXISTS reserved INTEGER NOT NULL DEFAULT 0;
COMMENT ON COLUMN products.reserved IS
    'owner: optimized_checkout_processor. Held by open orders; what can be sold is stock - reserved.';

-- version grows with each change and never starts again: a confirmation says
-- which one it is for.
CREATE TABLE IF NOT EXISTS carts (
    customer_phone  VARCHAR(160) PRIMARY KEY,
    version         BIGINT NOT NULL DEFAULT 0,
    coupons         TEXT[] NOT NULL DEFAULT '{}',
    phone_number_id VARCHAR(40),
    locale          VARCHAR(10),
    -- Until when a free message may be sent to this customer; NULL: not known.
    service_window_expires_at TIMESTAMPTZ,
    reminded_at     TIMESTAMPTZ,
    created_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at      TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
CREATE INDEX IF NOT EXISTS idx_carts_idle
    ON carts (updated_at) WHERE reminded_at IS NULL;

-- No foreign key to products: a line whose product is gone is told to the
-- customer, and the MVP may delete a product.
CREATE TABLE IF NOT EXISTS cart_items (
    customer_phone   VARCHAR(160) NOT NULL
                         REFERENCES carts (customer_phone) ON DELETE CASCADE ON UPDATE CASCADE,
    product_id       INTEGER NOT NULL,
    product_name     VARCHAR(200) NOT NULL,
    quantity         INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 999),
    -- What the customer was last told.
    unit_price_minor BIGINT NOT NULL,
    added_at         TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (customer_phone, product_id)
);

-- kind: percent (value in hundredths of a percent), fixed (minor units),
-- buy_x_pay_y (2x1: buy 2 pay 1, of each product), free_shipping.
-- stacking: 'alone' or 'with_others'.
CREATE TABLE IF NOT EXISTS coupons (
    code              VARCHAR(40) PRIMARY KEY CHECK (code = upper(code) AND code <> ''),
    kind              VARCHAR(20) NOT NULL
                          CHECK (kind IN ('percent', 'fixed', 'buy_x_pay_y', 'free_shipping')),
    value             BIGINT NOT NULL DEFAULT 0 CHECK (value >= 0),
    buy_quantity      INTEGER NOT NULL DEFAULT 0,
    pay_quantity      INTEGER NOT NULL DEFAULT 0,
    minimum_minor     BIGINT NOT NULL DEFAULT 0,
    maximum_minor     BIGINT,               -- of the discount; NULL: none
    category_id       INTEGER,              -- NULL: the whole cart
    product_id        INTEGER,
    uses_max          INTEGER,              -- NULL: any number
    uses_per_customer INTEGER,
    stacking          VARCHAR(20) NOT NULL DEFAULT 'alone'
                          CHECK (stacking IN ('alone', 'with_others')),
    starts_at         TIMESTAMPTZ,
    ends_at           TIMESTAMPTZ,
    is_active         BOOLEAN NOT NULL DEFAULT true,
    uses              INTEGER NOT NULL DEFAULT 0, -- reserved with orders, given back with them
    CHECK (kind <> 'percent' OR value BETWEEN 1 AND 10000),
    CHECK (kind <> 'buy_x_pay_y' OR (pay_quantity >= 0 AND buy_quantity > pay_quantity))
);

-- The first zone (by priority) that matches an address names its rates. An
-- empty list matches any. postal_from/postal_to compare as text of equal length.
CREATE TABLE IF NOT EXISTS shipping_zones (
    id          SERIAL PRIMARY KEY,
    name        VARCHAR(60) NOT NULL,
    priority    INTEGER NOT NULL DEFAULT 100,
    country     CHAR(2) NOT NULL,
    postal_from VARCHAR(12),
    postal_to   VARCHAR(12),
    cities      TEXT[] NOT NULL DEFAULT '{}',   -- compared folded: without accents or case
    states      TEXT[] NOT NULL DEFAULT '{}',
    latitude    DOUBLE PRECISION,               -- a circle; all three or none
    longitude   DOUBLE PRECISION,
    radius_km   DOUBLE PRECISION,
    is_active   BOOLEAN NOT NULL DEFAULT true
);

-- One way to get it there. Cost: base + per_kg for each begun kilogram above
-- included_g. zone_id NULL: everywhere. pickup costs what it says and needs no address.
CREATE TABLE IF NOT EXISTS shipping_rates (
    id              SERIAL PRIMARY KEY,
    zone_id         INTEGER REFERENCES shipping_zones (id) ON DELETE CASCADE,
    name            VARCHAR(60) NOT NULL,
    base_minor      BIGINT NOT NULL DEFAULT 0 CHECK (base_minor >= 0),
    per_kg_minor    BIGINT NOT NULL DEFAULT 0 CHECK (per_kg_minor >= 0),
    included_g      INTEGER NOT NULL DEFAULT 0,
    weight_max_g    INTEGER,
    free_over_minor BIGINT,                 -- of the goods after discounts; NULL: never
    days_min        INTEGER NOT NULL DEFAULT 1,
    days_max        INTEGER NOT NULL DEFAULT 5,
    is_pickup       BOOLEAN NOT NULL DEFAULT false,
    pickup_address  TEXT,
    is_active       BOOLEAN NOT NULL DEFAULT true
);

-- A tax on goods (and shipping, where it says so). prices_include: the price on
-- the shelf has it inside, as in all our countries; false: it comes on top.
CREATE TABLE IF NOT EXISTS tax_rates (
    id               SERIAL PRIMARY KEY,
    country          CHAR(2) NOT NULL,
    name             VARCHAR(40) NOT NULL,      -- IVA, IGV
    rate_hundredths  INTEGER NOT NULL CHECK (rate_hundredths BETWEEN 0 AND 10000),
    category_id      INTEGER,                   -- NULL: all that have no rate of their own
    prices_include   BOOLEAN NOT NULL DEFAULT true,
    applies_shipping BOOLEAN NOT NULL DEFAULT true
);

COMMENT ON TABLE carts IS 'owner: optimized_checkout_processor. One a customer.';
COMMENT ON TABLE cart_items IS 'owner: optimized_checkout_processor.';
COMMENT ON TABLE coupons IS 'owner: optimized_checkout_processor. The shop writes its own here.';
COMMENT ON TABLE shipping_zones IS 'owner: optimized_checkout_processor. The shop writes its own here.';
COMMENT ON TABLE shipping_rates IS 'owner: optimized_checkout_processor. The shop writes its own here.';
COMMENT ON TABLE tax_rates IS 'owner: optimized_checkout_processor. The shop writes its own here.';
