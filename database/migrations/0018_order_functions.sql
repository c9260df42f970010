-- One path to an order, and the one way in which it changes: each a single call, so that
-- it costs one round trip and is whole or absent.

-- Grows with each step, so that of two that answer the same question one is told.
ALTER TABLE checkouts ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT 1;
CREATE INDEX IF NOT EXISTS idx_checkouts_customer
    ON checkouts (customer_phone, created_at DESC);

-- What is reserved changes with every purchase. It neither touches updated_at, which is
-- indexed, so that all indexes of the product would be written anew, nor notifies, since
-- transactions that notify commit one after the other.
CREATE OR REPLACE FUNCTION products_touch() RETURNS TRIGGER
LANGUAGE plpgsql AS $body$
BEGIN
    OLD.reserved := NEW.reserved;
    IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at
       AND NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$body$;
CREATE OR REPLACE TRIGGER products_notify
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF id, sku, ean, category_id, name, brand,
        description, price, offer_price, offer_starts_at, offer_ends_at, stock, image_url,
        is_available, is_featured, popularity_score, attributes, weight_g, updated_at
    ON products FOR EACH STATEMENT EXECUTE FUNCTION catalogue_notify();
ALTER TABLE products SET (fillfactor = 80);

CREATE OR REPLACE FUNCTION order_event_add(
    p_order INTEGER, p_type TEXT, p_status TEXT, p_data JSONB, p_customer TEXT,
    p_tells_customer BOOLEAN)
RETURNS VOID LANGUAGE plpgsql AS $body$
DECLARE
    v_event UUID;
    v_at    TIMESTAMPTZ;
BEGIN
    INSERT INTO order_events (order_id, type, status, data)
    VALUES (p_order, p_type, p_status, p_data)
    RETURNING event_id, occurred_at INTO v_event, v_at;
    INSERT INTO checkout_outbox (event_id, destination, payload)
    VALUES (v_event, 'metrics', jsonb_build_object('event_id', v_event, 'type', p_type,
        'occurred_at', to_char(v_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'customer_key', p_customer,
        'data', (SELECT jsonb_build_object('total_minor', COALESCE(o.total_minor, 0),
                'currency', o.currency)
            FROM orders AS o WHERE o.id = p_order)
            || p_data || jsonb_build_object('order_id', p_order, 'status', p_status)
            || CASE WHEN p_type = 'order.paid' THEN jsonb_build_object('items', (
                SELECT jsonb_agg(jsonb_build_object('product_id', item.product_id,
                    'quantity', item.quantity))
                FROM order_items AS item WHERE item.order_id = p_order))
            ELSE '{}' END));
    IF p_tells_customer THEN
        INSERT INTO checkout_outbox (event_id, destination, payload)
        VALUES (v_event, 'customer', jsonb_build_object('event_id', v_event,
            'type', p_type, 'order_id', p_order, 'customer_phone', p_customer));
    END IF;
END
$body$;

-- p: checkout_id, customer_phone, cart_version, lines [{product_id, name, quantity,
-- unit_price_minor, discount_minor, tax_minor}], coupons [code], subtotal_minor,
-- discount_minor, shipping_minor, tax_minor, total_minor, currency, minor_per_unit,
-- payment_method, pays_first, hold_s, address, shipping, phone_number_id, locale.
-- status: placed, exists (with the winner's order), changed (the cart or the checkout is
-- another by now), short (details: what there is and costs of each such line), coupon
-- (details: the codes). Locks in this order: checkout, cart, coupons, products by id.
CREATE OR REPLACE FUNCTION order_place(
    p JSONB, OUT status TEXT, OUT order_id INTEGER, OUT order_number TEXT, OUT details JSONB)
LANGUAGE plpgsql AS $body$
DECLARE
    v_checkout checkouts;
    v_customer TEXT := p->>'customer_phone';
    v_minor    BIGINT := (p->>'minor_per_unit')::BIGINT;
    v_pays     BOOLEAN := (p->>'pays_first')::BOOLEAN;
    v_state    TEXT := CASE WHEN v_pays THEN 'awaiting_payment' ELSE 'placed' END;
    v_held     TIMESTAMPTZ := CASE WHEN v_pays
        THEN NOW() + make_interval(secs => (p->>'hold_s')::INTEGER) END;
    v_codes    TEXT[];
    v_products INTEGER[];
BEGIN
    SELECT * INTO v_checkout FROM checkouts
    WHERE id = (p->>'checkout_id')::UUID FOR UPDATE;
    IF v_checkout.order_id IS NOT NULL THEN
        status := 'exists';
        SELECT o.id, o.order_number INTO order_id, order_number
        FROM orders AS o WHERE o.id = v_checkout.order_id;
        RETURN;
    END IF;
    PERFORM FROM carts
    WHERE customer_phone = v_customer AND version = (p->>'cart_version')::BIGINT FOR UPDATE;
    IF NOT FOUND OR v_checkout.state IS DISTINCT FROM 'confirmation' THEN
        status := 'changed';
        RETURN;
    END IF;

    IF jsonb_array_length(p->'coupons') > 0 THEN
        SELECT array_agg(code) INTO v_codes FROM jsonb_array_elements_text(p->'coupons') AS code;
        PERFORM FROM coupons WHERE code = ANY (v_codes) ORDER BY code FOR UPDATE;
        SELECT jsonb_agg(asked) INTO details
        FROM unnest(v_codes) AS asked
        WHERE NOT EXISTS (
            SELECT FROM coupons AS c WHERE c.code = asked AND c.is_active
              AND COALESCE(c.starts_at <= NOW(), true) AND COALESCE(c.ends_at > NOW(), true)
              AND COALESCE(c.uses < c.uses_max, true)
              AND COALESCE(c.uses_per_customer > (SELECT count(*) FROM coupon_uses AS used
                  WHERE used.code = c.code AND used.customer_phone = v_customer), true));
        IF details IS NOT NULL THEN
            status := 'coupon';
            RETURN;
        END IF;
    END IF;

    SELECT array_agg((line->>'product_id')::INTEGER) INTO v_products
    FROM jsonb_array_elements(p->'lines') AS line;
    PERFORM FROM products WHERE id = ANY (v_products) ORDER BY id FOR NO KEY UPDATE;
    SELECT jsonb_agg(jsonb_build_object('product_id', line.product_id,
        'available', product.stock - product.reserved,
        'price_minor', product_price_minor(product, v_minor)))
    INTO details
    FROM jsonb_to_recordset(p->'lines') AS line
        (product_id INTEGER, quantity INTEGER, unit_price_minor BIGINT)
    LEFT JOIN products AS product ON product.id = line.product_id
    WHERE product.id IS NULL OR NOT product.is_available
       OR product.stock - product.reserved < line.quantity
       OR product_price_minor(product, v_minor) <> line.unit_price_minor;
    IF details IS NOT NULL THEN
        status := 'short';
        RETURN;
    END IF;

    UPDATE products SET reserved = products.reserved + line.quantity
    FROM jsonb_to_recordset(p->'lines') AS line (product_id INTEGER, quantity INTEGER)
    WHERE products.id = line.product_id;
    status := 'placed';
    order_number := 'P-' || nextval('order_numbers');
    INSERT INTO orders (order_number, customer_phone, status, total, currency, checkout_id,
        cart_version, subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor,
        payment_method, coupons, address, shipping, phone_number_id, locale, held_until,
        status_at)
    VALUES (order_place.order_number, v_customer, v_state,
        (p->>'total_minor')::NUMERIC / v_minor, p->>'currency', v_checkout.id,
        (p->>'cart_version')::BIGINT, (p->>'subtotal_minor')::BIGINT,
        (p->>'discount_minor')::BIGINT, (p->>'shipping_minor')::BIGINT,
        (p->>'tax_minor')::BIGINT, (p->>'total_minor')::BIGINT, p->>'payment_method',
        COALESCE(v_codes, '{}'), NULLIF(p->'address', 'null'), NULLIF(p->'shipping', 'null'),
        p->>'phone_number_id', p->>'locale', v_held, NOW())
    RETURNING id INTO order_id;
    INSERT INTO order_items (order_id, product_id, product_name, quantity, unit_price,
        unit_price_minor, discount_minor, tax_minor)
    SELECT order_place.order_id, line.product_id, left(line.name, 200), line.quantity,
        line.unit_price_minor::NUMERIC / v_minor, line.unit_price_minor,
        line.discount_minor, line.tax_minor
    FROM jsonb_to_recordset(p->'lines') AS line (product_id INTEGER, name TEXT,
        quantity INTEGER, unit_price_minor BIGINT, discount_minor BIGINT, tax_minor BIGINT);
    INSERT INTO stock_reservations (order_id, product_id, quantity)
    SELECT order_place.order_id, line.product_id, line.quantity
    FROM jsonb_to_recordset(p->'lines') AS line (product_id INTEGER, quantity INTEGER);
    IF v_codes IS NOT NULL THEN
        UPDATE coupons SET uses = uses + 1 WHERE code = ANY (v_codes);
        INSERT INTO coupon_uses (code, customer_phone, order_id)
        SELECT code, v_customer, order_place.order_id FROM unnest(v_codes) AS code;
    END IF;
    IF v_pays THEN
        INSERT INTO payments (order_id, gateway, amount_minor, currency, expires_at, next_ask_at)
        VALUES (order_place.order_id, p->>'payment_method', (p->>'total_minor')::BIGINT,
            p->>'currency', v_held, NULL);
    END IF;
    DELETE FROM cart_items WHERE customer_phone = v_customer;
    UPDATE carts SET version = version + 1, coupons = '{}', updated_at = NOW()
    WHERE customer_phone = v_customer;
    UPDATE checkouts SET state = v_state, order_id = order_place.order_id,
        version = version + 1, updated_at = NOW()
    WHERE id = v_checkout.id;
    PERFORM order_event_add(order_place.order_id, 'order.placed', v_state,
        jsonb_build_object('total_minor', p->'total_minor', 'currency', p->'currency',
            'payment_method', p->'payment_method', 'items', jsonb_array_length(p->'lines')),
        v_customer, false);
END
$body$;

-- What order_machine.c asks for, under the order's lock.
CREATE OR REPLACE FUNCTION order_facts(
    p_order INTEGER, OUT status TEXT, OUT total_minor BIGINT, OUT paid_minor BIGINT,
    OUT refunded_minor BIGINT, OUT holds_stock BOOLEAN, OUT can_hold_again BOOLEAN,
    OUT payment_is_open BOOLEAN)
LANGUAGE plpgsql AS $body$
DECLARE
    released BOOLEAN;
BEGIN
    SELECT o.status, COALESCE(o.total_minor, 0), o.paid_minor, o.refunded_minor
    INTO order_facts.status, order_facts.total_minor, order_facts.paid_minor,
        order_facts.refunded_minor
    FROM orders AS o WHERE o.id = p_order FOR UPDATE;
    SELECT bool_or(r.status IN ('held', 'sold')), bool_or(r.status = 'released')
    INTO holds_stock, released FROM stock_reservations AS r WHERE r.order_id = p_order;
    holds_stock := COALESCE(holds_stock, false);
    can_hold_again := false;
    IF released AND order_facts.status IN ('expired', 'paid_shortfall') THEN
        PERFORM FROM products WHERE id IN (
            SELECT r.product_id FROM stock_reservations AS r WHERE r.order_id = p_order)
        ORDER BY id FOR NO KEY UPDATE;
        SELECT COALESCE(bool_and(product.stock - product.reserved >= r.quantity), false)
        INTO can_hold_again
        FROM stock_reservations AS r LEFT JOIN products AS product ON product.id = r.product_id
        WHERE r.order_id = p_order;
    END IF;
    payment_is_open := EXISTS (SELECT FROM payments AS payment
        WHERE payment.order_id = p_order AND payment.status IN ('created', 'pending'));
END
$body$;

-- What can still be given back of a payment, with what is asked for already taken off.
CREATE OR REPLACE FUNCTION payment_left_minor(payment payments)
RETURNS BIGINT LANGUAGE sql STABLE AS $body$
    SELECT (payment.amount_minor
        - GREATEST(payment.refunded_minor,
            COALESCE(sum(amount_minor) FILTER (WHERE status = 'done'), 0))
        - COALESCE(sum(amount_minor) FILTER (WHERE status = 'asked'), 0))::BIGINT
    FROM refunds WHERE payment_id = payment.id
$body$;

-- Does what order_machine.c found: p_effects are its bits. The order is locked already.
CREATE OR REPLACE FUNCTION order_step(
    p_order INTEGER, p_status TEXT, p_effects INTEGER, p_event TEXT, p_data JSONB,
    p_paid BIGINT, p_refunded BIGINT, p_second BOOLEAN)
RETURNS VOID LANGUAGE plpgsql AS $body$
DECLARE
    sells CONSTANT INTEGER := 1;
    releases CONSTANT INTEGER := 2;
    returns_ CONSTANT INTEGER := 4;
    holds CONSTANT INTEGER := 8;
    coupons_ CONSTANT INTEGER := 16;
    closes CONSTANT INTEGER := 32;
    refunds_ CONSTANT INTEGER := 64;
    tells_customer CONSTANT INTEGER := 128;
    tells_shop CONSTANT INTEGER := 256;
    v_customer TEXT;
BEGIN
    IF p_effects & coupons_ <> 0 THEN
        PERFORM FROM coupons WHERE code IN (
            SELECT used.code FROM coupon_uses AS used WHERE used.order_id = p_order)
        ORDER BY code FOR UPDATE;
        UPDATE coupons SET uses = GREATEST(uses - 1, 0) WHERE code IN (
            SELECT used.code FROM coupon_uses AS used WHERE used.order_id = p_order);
        DELETE FROM coupon_uses WHERE order_id = p_order;
    END IF;
    IF p_effects & (sells | releases | returns_ | holds) <> 0 THEN
        PERFORM FROM products WHERE id IN (
            SELECT r.product_id FROM stock_reservations AS r WHERE r.order_id = p_order)
        ORDER BY id FOR NO KEY UPDATE;
    END IF;
    IF p_effects & holds <> 0 THEN
        UPDATE products SET reserved = reserved + r.quantity FROM stock_reservations AS r
        WHERE r.order_id = p_order AND r.status = 'released' AND products.id = r.product_id;
        UPDATE stock_reservations SET status = 'held'
        WHERE order_id = p_order AND status = 'released';
    END IF;
    IF p_effects & sells <> 0 THEN
        UPDATE products SET reserved = reserved - r.quantity, stock = stock - r.quantity
        FROM stock_reservations AS r
        WHERE r.order_id = p_order AND r.status = 'held' AND products.id = r.product_id;
        UPDATE stock_reservations SET status = 'sold'
        WHERE order_id = p_order AND status = 'held';
    END IF;
    IF p_effects & releases <> 0 THEN
        UPDATE products SET reserved = reserved - r.quantity FROM stock_reservations AS r
        WHERE r.order_id = p_order AND r.status = 'held' AND products.id = r.product_id;
        UPDATE stock_reservations SET status = 'released'
        WHERE order_id = p_order AND status = 'held';
    END IF;
    IF p_effects & returns_ <> 0 THEN
        UPDATE products SET stock = stock + r.quantity FROM stock_reservations AS r
        WHERE r.order_id = p_order AND r.status = 'sold' AND products.id = r.product_id;
        UPDATE stock_reservations SET status = 'released'
        WHERE order_id = p_order AND status = 'sold';
    END IF;
    UPDATE orders SET status = p_status,
        paid_minor = p_paid, refunded_minor = p_refunded, updated_at = NOW(),
        status_at = CASE WHEN status = p_status THEN status_at ELSE NOW() END,
        held_until = CASE WHEN p_status = 'awaiting_payment' THEN held_until END
    WHERE id = p_order RETURNING customer_phone INTO v_customer;
    UPDATE checkouts SET version = version + 1, updated_at = NOW(), state = CASE
        WHEN p_status IN ('cancelled', 'expired') THEN p_status ELSE 'paid' END
    WHERE order_id = p_order AND p_status IN ('cancelled', 'expired', 'paid', 'paid_shortfall')
      AND state <> CASE WHEN p_status IN ('cancelled', 'expired') THEN p_status ELSE 'paid' END;
    IF p_effects & closes <> 0 THEN
        UPDATE payments SET status = 'cancelled', next_ask_at = NOW(), updated_at = NOW()
        WHERE order_id = p_order AND status IN ('created', 'pending');
    END IF;
    IF p_effects & refunds_ <> 0 THEN
        INSERT INTO refunds (payment_id, amount_minor, reason, key)
        SELECT id, payment_left_minor(payments), p_event, 'order:' || id
        FROM payments
        WHERE order_id = p_order AND payment_left_minor(payments) > 0
          AND (status = 'surplus' OR NOT p_second AND status IN ('paid', 'partially_refunded'))
        ON CONFLICT (key) DO NOTHING;
    END IF;
    PERFORM order_event_add(p_order, p_event, p_status,
        p_data || CASE WHEN p_effects & tells_shop <> 0
            THEN '{"attention": true}'::JSONB ELSE '{}' END,
        v_customer, p_effects & tells_customer <> 0);
END
$body$;
