-- What the nodes of the MVP workflow ask, and what its owner types by hand. Each
-- must work on the MVP schema and on the full one. A statement ends with ";".

-- log the message
INSERT INTO message_logs (message_id, customer_phone, direction, message_type, content)
VALUES ('wamid.test', '5215511112222', 'inbound', 'text', 'hola');

-- get_session_mvp: read, else make
SELECT * FROM customer_sessions
WHERE customer_phone = '5215511112222' AND expires_at > NOW();

INSERT INTO customer_sessions (customer_phone, session_state, cart_data, context_data, expires_at)
VALUES ('5215511112222', 'greeting', '[]', '{}', NOW() + INTERVAL '2 hours')
ON CONFLICT (customer_phone) DO UPDATE
SET session_state = EXCLUDED.session_state, expires_at = EXCLUDED.expires_at, updated_at = NOW()
RETURNING *;

-- the cart in the session
UPDATE customer_sessions
SET cart_data = COALESCE(cart_data, '[]'::jsonb)
        || '[{"product_id": 1, "name": "Playera", "price": 149, "quantity": 1}]'::jsonb,
    session_state = 'viewing_cart', expires_at = NOW() + INTERVAL '2 hours', updated_at = NOW()
WHERE customer_phone = '5215511112222'
RETURNING cart_data;

-- categories
SELECT id, name, description FROM categories WHERE is_active = true ORDER BY display_order, name;

-- search_products_mvp
SELECT id, name, description, price, stock FROM products
WHERE is_available = true AND (name ILIKE '%playera%' OR description ILIKE '%playera%')
ORDER BY popularity_score DESC LIMIT 10;

-- a shop adds a category and a product, changes a price, and takes one off
INSERT INTO categories (name, description, display_order) VALUES ('Temporada', 'De temporada', 99);

INSERT INTO products (sku, category_id, name, description, price, stock)
VALUES ('MVP-1', (SELECT id FROM categories WHERE name = 'Temporada'),
        'Calendario de pared', 'Un mes en cada hoja.', 99.90, 5);

UPDATE products SET price = 0.50, stock = stock - 1 WHERE sku = 'MVP-1' RETURNING price, stock;

UPDATE products SET price = 1.00 WHERE price > 1000;

UPDATE products SET is_available = false WHERE sku = 'MVP-1';

-- customers
INSERT INTO customers (phone, name) VALUES ('5215511112222', 'Ana')
ON CONFLICT (phone) DO UPDATE SET name = EXCLUDED.name, updated_at = NOW();

SELECT cs.*, c.name AS customer_name, c.total_orders, c.customer_tier
FROM customer_sessions cs
LEFT JOIN customers c ON cs.customer_phone = c.phone
WHERE cs.expires_at > NOW();

-- an order entered by hand
INSERT INTO orders (order_number, customer_phone, total) VALUES ('M-1', '5215511112222', 99.90);

INSERT INTO order_items (order_id, product_id, product_name, quantity, unit_price)
SELECT o.id, p.id, p.name, 1, p.price
FROM orders o, products p WHERE o.order_number = 'M-1' AND p.sku = 'MVP-1';

UPDATE customers SET total_orders = total_orders + 1, total_spent = total_spent + 99.90
WHERE phone = '5215511112222';

-- settings
SELECT value FROM system_config WHERE key = 'currency';

-- the guide's session script, and its marks
UPDATE customer_sessions
SET context_data = jsonb_set(COALESCE(context_data, '{}'::jsonb), '{migrated_from_mvp}', 'true'),
    updated_at = NOW()
WHERE context_data IS NULL OR NOT (context_data ? 'session_version');
