-- Loads the demo shop from the files beside this one; run by ../load-demo.sh,
-- from this directory, in one transaction. On the MVP schema it fills the MVP's
-- columns, on the full schema the rest too. A row that is there stays as it is.

-- Tab-separated with a header. Quoting is turned off by a quote character that
-- no text has, so that 24" needs no escaping.
CREATE TEMPORARY TABLE demo_categories (
    name TEXT, emoji TEXT, description TEXT, display_order INTEGER, is_featured BOOLEAN
) ON COMMIT DROP;
\copy demo_categories FROM 'categories.tsv' (FORMAT csv, HEADER true, DELIMITER E'\t', QUOTE E'\b', NULL '')

CREATE TEMPORARY TABLE demo_products (
    position SERIAL,
    sku TEXT, ean TEXT, category TEXT, name TEXT, brand TEXT, price NUMERIC(12,2),
    offer_price NUMERIC(12,2), stock INTEGER, popularity_score INTEGER, sizes TEXT,
    colors TEXT, weight_g INTEGER, is_available BOOLEAN, is_featured BOOLEAN, description TEXT
) ON COMMIT DROP;
\copy demo_products (sku, ean, category, name, brand, price, offer_price, stock, popularity_score, sizes, colors, weight_g, is_available, is_featured, description) FROM 'products.tsv' (FORMAT csv, HEADER true, DELIMITER E'\t', QUOTE E'\b', NULL '')

CREATE TEMPORARY TABLE demo_customers (
    phone TEXT, name TEXT, email TEXT, customer_tier TEXT, country TEXT, locale TEXT,
    days_since_first INTEGER
) ON COMMIT DROP;
\copy demo_customers FROM 'customers.tsv' (FORMAT csv, HEADER true, DELIMITER E'\t', QUOTE E'\b', NULL '')

CREATE TEMPORARY TABLE demo_identities (
    customer_key TEXT, user_id TEXT, parent_user_id TEXT, username TEXT, name TEXT,
    customer_tier TEXT, country TEXT, locale TEXT
) ON COMMIT DROP;
\copy demo_identities FROM 'identities.tsv' (FORMAT csv, HEADER true, DELIMITER E'\t', QUOTE E'\b', NULL '')

CREATE TEMPORARY TABLE demo_orders (
    order_number TEXT, customer_phone TEXT, status TEXT, days_ago INTEGER, items TEXT
) ON COMMIT DROP;
\copy demo_orders FROM 'orders.tsv' (FORMAT csv, HEADER true, DELIMITER E'\t', QUOTE E'\b', NULL '')

CREATE TEMPORARY TABLE demo_sessions (
    customer_phone TEXT, session_state TEXT, cart TEXT, last_search TEXT, minutes_left INTEGER
) ON COMMIT DROP;
\copy demo_sessions FROM 'sessions.tsv' (FORMAT csv, HEADER true, DELIMITER E'\t', QUOTE E'\b', NULL '')

-- NOT EXISTS rather than ON CONFLICT, which would use up a number of the
-- sequence for each row that is there already.
INSERT INTO categories (name, emoji, description, display_order)
SELECT name, emoji, description, display_order
FROM demo_categories AS demo
WHERE NOT EXISTS (SELECT FROM categories WHERE categories.name = demo.name)
ORDER BY display_order;

INSERT INTO products
    (sku, category_id, name, description, price, stock, is_available, popularity_score)
SELECT
    demo.sku, categories.id, demo.name, demo.description, demo.price, demo.stock,
    demo.is_available, demo.popularity_score
FROM demo_products AS demo
JOIN categories ON categories.name = demo.category
WHERE NOT EXISTS (SELECT FROM products WHERE products.sku = demo.sku)
ORDER BY demo.position;

-- "SKU:quantity,SKU:quantity" taken apart.
CREATE TEMPORARY TABLE demo_lines ON COMMIT DROP AS
SELECT
    source.owner,
    line.position,
    products.id AS product_id,
    products.name AS product_name,
    products.price AS unit_price,
    split_part(line.text, ':', 2)::INTEGER AS quantity
FROM (
    SELECT order_number AS owner, items FROM demo_orders
    UNION ALL
    SELECT customer_phone, cart FROM demo_sessions
) AS source
CROSS JOIN LATERAL unnest(string_to_array(source.items, ',')) WITH ORDINALITY AS line (text, position)
JOIN products ON products.sku = split_part(line.text, ':', 1);

CREATE TEMPORARY TABLE demo_new_orders ON COMMIT DROP AS
SELECT * FROM demo_orders AS demo
WHERE NOT EXISTS (SELECT FROM orders WHERE orders.order_number = demo.order_number);

INSERT INTO orders (order_number, customer_phone, status, total, created_at, updated_at)
SELECT
    demo.order_number, demo.customer_phone, demo.status, sum(line.quantity * line.unit_price),
    NOW() - make_interval(days => demo.days_ago), NOW() - make_interval(days => demo.days_ago)
FROM demo_new_orders AS demo
JOIN demo_lines AS line ON line.owner = demo.order_number
GROUP BY demo.order_number, demo.customer_phone, demo.status, demo.days_ago
ORDER BY demo.order_number;

INSERT INTO order_items (order_id, product_id, product_name, quantity, unit_price)
SELECT orders.id, line.product_id, line.product_name, line.quantity, line.unit_price
FROM demo_new_orders AS demo
JOIN orders ON orders.order_number = demo.order_number
JOIN demo_lines AS line ON line.owner = demo.order_number
ORDER BY orders.id, line.position;

-- What a customer has bought follows from the orders.
INSERT INTO customers
    (phone, name, email, customer_tier, total_orders, total_spent, created_at, updated_at)
SELECT
    demo.phone, demo.name, demo.email, demo.customer_tier,
    count(orders.id), COALESCE(sum(orders.total), 0),
    NOW() - make_interval(days => demo.days_since_first),
    NOW() - make_interval(days => demo.days_since_first)
FROM demo_customers AS demo
LEFT JOIN orders
    ON orders.customer_phone = demo.phone AND orders.status <> 'cancelled'
WHERE NOT EXISTS (SELECT FROM customers WHERE customers.phone = demo.phone)
GROUP BY demo.phone, demo.name, demo.email, demo.customer_tier, demo.days_since_first
ORDER BY demo.days_since_first DESC, demo.phone;

-- Some sessions have run out on purpose.
INSERT INTO customer_sessions
    (customer_phone, session_state, cart_data, context_data, expires_at, created_at, updated_at)
SELECT
    demo.customer_phone,
    demo.session_state,
    COALESCE(cart.lines, '[]'),
    CASE WHEN demo.last_search IS NULL THEN '{}'
         ELSE jsonb_build_object('last_search', demo.last_search) END,
    NOW() + make_interval(mins => demo.minutes_left),
    NOW() + make_interval(mins => demo.minutes_left - 120),
    NOW() + make_interval(mins => demo.minutes_left - 120)
FROM demo_sessions AS demo
LEFT JOIN LATERAL (
    SELECT jsonb_agg(
        jsonb_build_object('product_id', line.product_id, 'name', line.product_name,
                           'price', line.unit_price, 'quantity', line.quantity)
        ORDER BY line.position) AS lines
    FROM demo_lines AS line
    WHERE line.owner = demo.customer_phone
) AS cart ON true
WHERE NOT EXISTS (
    SELECT FROM customer_sessions
    WHERE customer_sessions.customer_phone = demo.customer_phone);

INSERT INTO system_config (key, value, description)
SELECT 'demo_shop', 'true', 'Esta base tiene la tienda de demostración'
WHERE NOT EXISTS (SELECT FROM system_config WHERE key = 'demo_shop');

UPDATE system_config SET value = 'Bazar Nopal', updated_at = NOW()
WHERE key = 'shop_name' AND value = 'Mi tienda';

-- The rest needs the columns of the full schema.
SELECT
    to_regclass('customer_identities') IS NOT NULL AS has_identities,
    EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'products'::regclass AND attname = 'ean' AND NOT attisdropped
    ) AS has_catalogue,
    EXISTS (
        SELECT FROM pg_class
        WHERE oid = to_regclass('category_overview') AND relkind = 'm'
    ) AS has_overview,
    to_regclass('shipping_rates') IS NOT NULL AS has_checkout
\gset

\if :has_catalogue
-- Only rows that have none of it yet: a price somebody changed stays changed.
UPDATE products
SET ean = demo.ean,
    brand = demo.brand,
    offer_price = demo.offer_price,
    weight_g = demo.weight_g,
    is_featured = demo.is_featured,
    attributes = jsonb_strip_nulls(jsonb_build_object(
        'sizes', to_jsonb(string_to_array(demo.sizes, ',')),
        'colors', to_jsonb(string_to_array(demo.colors, ','))))
FROM demo_products AS demo
WHERE products.sku = demo.sku AND products.ean IS NULL AND products.brand IS NULL;

UPDATE categories
SET is_featured = demo.is_featured
FROM demo_categories AS demo
WHERE categories.name = demo.name
  AND demo.is_featured AND NOT categories.is_featured;
\endif

\if :has_identities
UPDATE customers
SET country = demo.country, locale = demo.locale
FROM demo_customers AS demo
WHERE customers.phone = demo.phone AND customers.country IS NULL;

INSERT INTO customers (phone, name, customer_tier, username, country, locale)
SELECT customer_key, name, customer_tier, username, country, locale
FROM demo_identities AS demo
WHERE NOT EXISTS (SELECT FROM customers WHERE customers.phone = demo.customer_key);

INSERT INTO customer_identities (customer_key, wa_id, user_id, parent_user_id)
SELECT phone, phone, NULL, NULL FROM demo_customers
UNION ALL
SELECT customer_key, NULL, user_id, parent_user_id FROM demo_identities
ON CONFLICT DO NOTHING;
\endif

\if :has_checkout
CREATE TEMPORARY TABLE demo_coupons (
    code TEXT, kind TEXT, value BIGINT, buy_quantity INTEGER, pay_quantity INTEGER,
    minimum_minor BIGINT, maximum_minor BIGINT, category TEXT, uses_max INTEGER,
    uses_per_customer INTEGER, stacking TEXT
) ON COMMIT DROP;
\copy demo_coupons FROM 'coupons.tsv' (FORMAT csv, HEADER true, DELIMITER E'\t', QUOTE E'\b', NULL '')

CREATE TEMPORARY TABLE demo_zones (
    name TEXT, priority INTEGER, country TEXT, postal_from TEXT, postal_to TEXT, states TEXT
) ON COMMIT DROP;
\copy demo_zones FROM 'shipping_zones.tsv' (FORMAT csv, HEADER true, DELIMITER E'\t', QUOTE E'\b', NULL '')

CREATE TEMPORARY TABLE demo_rates (
    zone TEXT, name TEXT, base_minor BIGINT, per_kg_minor BIGINT, included_g INTEGER,
    weight_max_g INTEGER, free_over_minor BIGINT, days_min INTEGER, days_max INTEGER,
    is_pickup BOOLEAN, pickup_address TEXT
) ON COMMIT DROP;
\copy demo_rates FROM 'shipping_rates.tsv' (FORMAT csv, HEADER true, DELIMITER E'\t', QUOTE E'\b', NULL '')

INSERT INTO coupons (code, kind, value, buy_quantity, pay_quantity, minimum_minor,
    maximum_minor, category_id, uses_max, uses_per_customer, stacking)
SELECT code, kind, value, buy_quantity, pay_quantity, minimum_minor, maximum_minor,
    categories.id, uses_max, uses_per_customer, stacking
FROM demo_coupons LEFT JOIN categories ON categories.name = demo_coupons.category
ON CONFLICT DO NOTHING;

-- A shop that has zones or taxes of its own keeps these.
INSERT INTO tax_rates (country, name, rate_hundredths)
SELECT 'MX', 'IVA', 1600 WHERE NOT EXISTS (SELECT FROM tax_rates);

INSERT INTO shipping_zones (name, priority, country, postal_from, postal_to, states)
SELECT name, priority, country, postal_from, postal_to,
    COALESCE(string_to_array(states, ','), '{}')
FROM demo_zones WHERE NOT EXISTS (SELECT FROM shipping_zones)
ORDER BY priority;

INSERT INTO shipping_rates (zone_id, name, base_minor, per_kg_minor, included_g,
    weight_max_g, free_over_minor, days_min, days_max, is_pickup, pickup_address)
SELECT zone.id, demo.name, demo.base_minor, demo.per_kg_minor, demo.included_g,
    demo.weight_max_g, demo.free_over_minor, demo.days_min, demo.days_max, demo.is_pickup,
    demo.pickup_address
FROM demo_rates AS demo
LEFT JOIN shipping_zones AS zone ON zone.name = demo.zone
WHERE NOT EXISTS (SELECT FROM shipping_rates)
ORDER BY zone.priority NULLS LAST, demo.base_minor;

INSERT INTO system_config (key, value, description)
SELECT 'transfer_details', 'CLABE 646180000000000019, Bazar Nopal.',
    'A dónde se hace una transferencia bancaria'
WHERE NOT EXISTS (SELECT FROM system_config WHERE key = 'transfer_details');
\endif

\if :has_overview
REFRESH MATERIALIZED VIEW category_overview;
\endif
