-- From a cart to an order, and what becomes of it.

ALTER TABLE orders
    ADD COLUMN IF NOT EXISTS checkout_id     UUID,
    ADD COLUMN IF NOT EXISTS cart_version    BIGINT,
    ADD COLUMN IF NOT EXISTS subtotal_minor  BIGINT,
    ADD COLUMN IF NOT EXISTS discount_minor  BIGINT,
    ADD COLUMN IF NOT EXISTS shipping_minor  BIGINT,
    ADD COLUMN IF NOT EXISTS tax_minor       BIGINT,
    ADD COLUMN IF NOT EXISTS total_minor     BIGINT,
    ADD COLUMN IF NOT EXISTS paid_minor      BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS refunded_minor  BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS payment_method  VARCHAR(30),
    ADD COLUMN IF NOT EXISTS coupons         TEXT[] NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS address         JSONB,
    ADD COLUMN IF NOT EXISTS shipping        JSONB,
    ADD COLUMN IF NOT EXISTS phone_number_id VARCHAR(40),
    ADD COLUMN IF NOT EXISTS locale          VARCHAR(10),
    -- Until then its stock is held for it; NULL once it's settled.
    ADD COLUMN IF NOT EXISTS held_until      TIMESTAMPTZ,
    ADD COLUMN IF NOT EXISTS status_at       TIMESTAMPTZ;
CREATE UNIQUE INDEX IF NOT EXISTS idx_orders_checkout ON orders (checkout_id);
CREATE INDEX IF NOT EXISTS idx_orders_customer ON orders (customer_phone, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_orders_held ON orders (held_until) WHERE held_until IS NOT NULL;

COMMENT ON COLUMN orders.status IS
    'awaiting_payment, placed, paid, paid_shortfall, shipped, delivered, cancelled, expired, partially_refunded, refunded; of the MVP: pending and what the shop wrote';
COMMENT ON COLUMN orders.total IS 'total_minor as a number of units, for the MVP and for people';

ALTER TABLE order_items
    ADD COLUMN IF NOT EXISTS unit_price_minor BIGINT,
    ADD COLUMN IF NOT EXISTS discount_minor   BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS tax_minor        BIGINT NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS idx_order_items_order ON order_items (order_id);

CREATE SEQUENCE IF NOT EXISTS order_numbers START 1001;

-- One that goes on a customer, for days if need be.
CREATE TABLE IF NOT EXISTS checkouts (
    id              UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_phone  VARCHAR(160) NOT NULL,
    state           VARCHAR(20) NOT NULL CHECK (state IN ('cart', 'address', 'shipping',
                        'payment', 'confirmation', 'awaiting_payment', 'paid', 'placed',
                        'cancelled', 'expired')),
    address         JSONB,
    shipping_rate_id INTEGER,
    payment_method  VARCHAR(30),
    -- The quote that the customer saw last, and the digest that the button is for.
    shown           JSONB,
    shown_digest    VARCHAR(64),
    order_id        INTEGER REFERENCES orders (id),
    created_at      TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at      TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_checkouts_open ON checkouts (customer_phone)
    WHERE state IN ('cart', 'address', 'shipping', 'payment', 'confirmation', 'awaiting_payment');

-- What an order holds of the stock. held -> sold or released, once.
CREATE TABLE IF NOT EXISTS stock_reservations (
    order_id   INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    product_id INTEGER NOT NULL,
    quantity   INTEGER NOT NULL CHECK (quantity > 0),
    status     VARCHAR(10) NOT NULL DEFAULT 'held' CHECK (status IN ('held', 'sold', 'released')),
    PRIMARY KEY (order_id, product_id)
);

CREATE TABLE IF NOT EXISTS coupon_uses (
    code           VARCHAR(40) NOT NULL,
    customer_phone VARCHAR(160) NOT NULL,
    order_id       INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    PRIMARY KEY (code, order_id)
);
CREATE INDEX IF NOT EXISTS idx_coupon_uses_customer ON coupon_uses (customer_phone, code);

-- The same key with the same request is answered as the first time was.
CREATE TABLE IF NOT EXISTS checkout_requests (
    key            VARCHAR(255) NOT NULL,
    customer_phone VARCHAR(160) NOT NULL,
    request_hash   VARCHAR(64) NOT NULL,
    answer         JSONB,
    created_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    PRIMARY KEY (customer_phone, key)
);
CREATE INDEX IF NOT EXISTS idx_checkout_requests_age ON checkout_requests (created_at);

-- status: created (no link yet), pending, paid, failed, cancelled, refunded,
-- partially_refunded, surplus (paid once more than asked: to be given back).
CREATE TABLE IF NOT EXISTS payments (
    id             UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id       INTEGER NOT NULL REFERENCES orders (id),
    gateway        VARCHAR(30) NOT NULL,
    status         VARCHAR(20) NOT NULL DEFAULT 'created',
    amount_minor   BIGINT NOT NULL,
    currency       CHAR(3) NOT NULL,
    refunded_minor BIGINT NOT NULL DEFAULT 0,
    external_id    VARCHAR(255),      -- of the gateway's link, session or preference
    capture_id     VARCHAR(255),      -- of the payment itself, known once somebody pays
    url            TEXT,
    expires_at     TIMESTAMPTZ,
    attempts       INTEGER NOT NULL DEFAULT 0,
    asked_at       TIMESTAMPTZ,       -- the gateway, by the sweep, last
    next_ask_at    TIMESTAMPTZ,
    error          TEXT,
    created_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at     TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
-- One open one an order: a new link takes the place of the old one.
CREATE UNIQUE INDEX IF NOT EXISTS idx_payments_open ON payments (order_id)
    WHERE status IN ('created', 'pending');
CREATE UNIQUE INDEX IF NOT EXISTS idx_payments_external ON payments (gateway, external_id)
    WHERE external_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_payments_ask ON payments (next_ask_at)
    WHERE status IN ('created', 'pending');

CREATE TABLE IF NOT EXISTS refunds (
    id           UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    payment_id   UUID NOT NULL REFERENCES payments (id),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    status       VARCHAR(20) NOT NULL DEFAULT 'asked', -- asked, done, failed
    reason       TEXT,
    key          VARCHAR(255) NOT NULL UNIQUE,         -- of who asked; also sent to the gateway
    external_id  VARCHAR(255),
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_try_at  TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    error        TEXT,
    created_at   TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at   TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

-- Each notification of a gateway, as it came, once; then what came of it.
CREATE TABLE IF NOT EXISTS payment_inbox (
    id          BIGSERIAL PRIMARY KEY,
    gateway     VARCHAR(30) NOT NULL,
    event_id    VARCHAR(255) NOT NULL,
    kind        VARCHAR(60),
    subject_id  VARCHAR(255),          -- what to ask the gateway about
    raw         TEXT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_try_at TIMESTAMPTZ DEFAULT NOW(), -- NULL: done with
    outcome     TEXT,
    UNIQUE (gateway, event_id)
);
CREATE INDEX IF NOT EXISTS idx_payment_inbox_due ON payment_inbox (next_try_at)
    WHERE next_try_at IS NOT NULL;

-- All that happened to an order, in its own transaction.
CREATE TABLE IF NOT EXISTS order_events (
    id          BIGSERIAL PRIMARY KEY,
    event_id    UUID NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    order_id    INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    type        VARCHAR(40) NOT NULL,
    status      VARCHAR(30) NOT NULL,          -- of the order, after it
    data        JSONB NOT NULL DEFAULT '{}',
    occurred_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS idx_order_events_order ON order_events (order_id, id);

-- What others are to be told: destination metrics (events), customer (a notice
-- that the n8n workflow sends). At least once, and known by event_id.
CREATE TABLE IF NOT EXISTS checkout_outbox (
    id          BIGSERIAL PRIMARY KEY,
    event_id    UUID NOT NULL DEFAULT gen_random_uuid(),
    destination VARCHAR(20) NOT NULL CHECK (destination IN ('metrics', 'customer')),
    payload     JSONB NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_try_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    error       TEXT
);
CREATE INDEX IF NOT EXISTS idx_checkout_outbox_due ON checkout_outbox (destination, next_try_at);

COMMENT ON TABLE checkouts IS 'owner: optimized_checkout_processor.';
COMMENT ON TABLE stock_reservations IS 'owner: optimized_checkout_processor.';
COMMENT ON TABLE coupon_uses IS 'owner: optimized_checkout_processor.';
COMMENT ON TABLE checkout_requests IS 'owner: optimized_checkout_processor. Kept 7 days.';
COMMENT ON TABLE payments IS 'owner: optimized_checkout_processor.';
COMMENT ON TABLE refunds IS 'owner: optimized_checkout_processor.';
COMMENT ON TABLE payment_inbox IS 'owner: optimized_checkout_processor.';
COMMENT ON TABLE order_events IS 'owner: optimized_checkout_processor. The history of orders.';
COMMENT ON TABLE checkout_outbox IS 'owner: optimized_checkout_processor. Rows go once they are taken.';
