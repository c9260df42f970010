-- What was asked of the shop's own stock (STOCK_API_URL), so that it comes to know what
-- became of each order, whatever failed in between.
CREATE TABLE IF NOT EXISTS stock_api_orders (
    checkout_id UUID PRIMARY KEY,        -- the order's key there
    told        VARCHAR(10) CHECK (told IN ('release', 'commit')), -- and it was answered
    asked_at    TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_try_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    error       TEXT
);
CREATE INDEX IF NOT EXISTS idx_stock_api_orders_due ON stock_api_orders (next_try_at);
COMMENT ON TABLE stock_api_orders IS
    'owner: optimized_checkout_processor. Until an order is sold or given up; empty without STOCK_API_URL.';

-- What the shop's stock is to be told of an order by now: NULL for nothing yet. One that
-- was asked for two minutes ago and never placed is given back.
CREATE OR REPLACE FUNCTION stock_api_wanted(held stock_api_orders) RETURNS TEXT
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN placed.id IS NULL AND held.asked_at < NOW() - INTERVAL '2 minutes' THEN 'release'
        WHEN placed.id IS NULL THEN NULL
        WHEN bool_or(line.status = 'sold') THEN 'commit'
        WHEN bool_and(line.status = 'released') THEN 'release'
    END
    FROM (SELECT 1) AS always
    LEFT JOIN orders AS placed ON placed.checkout_id = held.checkout_id
    LEFT JOIN stock_reservations AS line ON line.order_id = placed.id
    GROUP BY placed.id
$$;
