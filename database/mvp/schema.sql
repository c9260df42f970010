-- The schema of a live MVP shop: n8n with Postgres nodes and nothing else.
-- The migrations in ../migrations start from here, and the queries of the MVP
-- workflow go on working on the full schema, because both run side by side
-- while customers are moved over.
--
-- Money is in units of the shop's one currency (system_config.currency).

CREATE TABLE customers (
    id            SERIAL PRIMARY KEY,
    phone         VARCHAR(20) NOT NULL UNIQUE,
    name          VARCHAR(120),
    email         VARCHAR(160),
    customer_tier VARCHAR(20) NOT NULL DEFAULT 'new',
    total_orders  INTEGER NOT NULL DEFAULT 0,
    total_spent   NUMERIC(12,2) NOT NULL DEFAULT 0,
    created_at    TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at    TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

-- One row a customer; the MVP writes it with ON CONFLICT (customer_phone).
-- No foreign key: the first message creates the session, the customer comes
-- with the first order.
CREATE TABLE customer_sessions (
    id             SERIAL PRIMARY KEY,
    customer_phone VARCHAR(20) NOT NULL UNIQUE,
    session_state  VARCHAR(50) NOT NULL DEFAULT 'greeting',
    cart_data      JSONB DEFAULT '[]',
    context_data   JSONB DEFAULT '{}',
    expires_at     TIMESTAMPTZ NOT NULL DEFAULT NOW() + INTERVAL '2 hours',
    created_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at     TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

CREATE TABLE categories (
    id            SERIAL PRIMARY KEY,
    -- 24 characters is what a row of a WhatsApp list shows.
    name          VARCHAR(24) NOT NULL UNIQUE,
    description   TEXT,
    emoji         VARCHAR(8),
    display_order INTEGER NOT NULL DEFAULT 0,
    is_active     BOOLEAN NOT NULL DEFAULT true
);

CREATE TABLE products (
    id               SERIAL PRIMARY KEY,
    sku              VARCHAR(50) UNIQUE,
    category_id      INTEGER REFERENCES categories (id),
    name             VARCHAR(200),
    description      TEXT,
    price            NUMERIC(12,2) NOT NULL,
    stock            INTEGER NOT NULL DEFAULT 0,
    image_url        TEXT,
    is_available     BOOLEAN NOT NULL DEFAULT true,
    popularity_score INTEGER NOT NULL DEFAULT 0,
    created_at       TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at       TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

CREATE TABLE message_logs (
    id             BIGSERIAL PRIMARY KEY,
    message_id     VARCHAR(255),
    customer_phone VARCHAR(20) NOT NULL,
    direction      VARCHAR(10) NOT NULL DEFAULT 'inbound',
    message_type   VARCHAR(30) NOT NULL DEFAULT 'text',
    content        TEXT,
    created_at     TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

-- The MVP has no checkout: somebody of the shop enters the order by hand.
CREATE TABLE orders (
    id             SERIAL PRIMARY KEY,
    order_number   VARCHAR(20) UNIQUE,
    customer_phone VARCHAR(20) NOT NULL,
    status         VARCHAR(30) NOT NULL DEFAULT 'pending',
    total          NUMERIC(12,2) NOT NULL DEFAULT 0,
    currency       VARCHAR(3) NOT NULL DEFAULT 'MXN',
    notes          TEXT,
    created_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at     TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

CREATE TABLE order_items (
    id           SERIAL PRIMARY KEY,
    order_id     INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    product_id   INTEGER REFERENCES products (id),
    product_name VARCHAR(200) NOT NULL,
    quantity     INTEGER NOT NULL DEFAULT 1,
    unit_price   NUMERIC(12,2) NOT NULL
);

CREATE TABLE system_config (
    key         VARCHAR(100) PRIMARY KEY,
    value       TEXT NOT NULL,
    description TEXT,
    updated_at  TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

INSERT INTO system_config (key, value, description) VALUES
    ('shop_name', 'Mi tienda', 'Nombre que ven los clientes'),
    ('currency', 'MXN', 'Moneda de todos los precios, ISO 4217'),
    ('country', 'MX', 'País de la tienda, ISO 3166'),
    ('timezone', 'America/Mexico_City', 'Zona horaria de la tienda');
