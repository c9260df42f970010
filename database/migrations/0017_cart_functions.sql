-- What happens to a cart, each in one round trip: the change, and the cart with its
-- products as they are now.

ALTER TABLE carts SET (fillfactor = 70);
ALTER TABLE cart_items SET (fillfactor = 70);

CREATE OR REPLACE FUNCTION product_price_minor(product products, minor_per_unit BIGINT)
RETURNS BIGINT LANGUAGE sql STABLE AS $body$
    SELECT round(minor_per_unit * CASE
        WHEN product.offer_price < product.price
             AND COALESCE(product.offer_starts_at <= NOW(), true)
             AND COALESCE(product.offer_ends_at > NOW(), true)
        THEN product.offer_price ELSE product.price END)::BIGINT
$body$;

COMMENT ON FUNCTION product_price_minor IS
    'What a product costs now: its offer where one is on.';

-- One row a line; of an empty cart one row without a product, of none one without version.
DROP TYPE IF EXISTS cart_row CASCADE;
CREATE TYPE cart_row AS (
    outcome          TEXT,
    outcome_quantity INTEGER,
    repeated         BOOLEAN,
    notes            TEXT,
    version          BIGINT,
    coupons          TEXT,
    locale           TEXT,
    phone_number_id  TEXT,
    product_id       INTEGER,
    name             TEXT,
    sku              TEXT,
    category_id      INTEGER,
    quantity         INTEGER,
    seen_minor       BIGINT,
    price_minor      BIGINT,
    available        INTEGER,
    weight_g         INTEGER,
    is_sold          BOOLEAN
);

CREATE OR REPLACE FUNCTION cart_rows(
    p_customer TEXT, p_minor BIGINT, p_outcome TEXT DEFAULT NULL,
    p_quantity INTEGER DEFAULT NULL, p_repeated BOOLEAN DEFAULT false,
    p_notes TEXT DEFAULT NULL)
RETURNS SETOF cart_row LANGUAGE sql STABLE AS $body$
    SELECT p_outcome, p_quantity, p_repeated, p_notes,
        carts.version, array_to_string(carts.coupons, ','), carts.locale::TEXT,
        carts.phone_number_id::TEXT, item.product_id,
        COALESCE(product.name, item.product_name)::TEXT, product.sku::TEXT,
        product.category_id, item.quantity, item.unit_price_minor,
        product_price_minor(product, p_minor), product.stock - product.reserved,
        product.weight_g, COALESCE(product.is_available, false)
    FROM (SELECT p_customer AS customer_phone) AS asked
    LEFT JOIN carts USING (customer_phone)
    LEFT JOIN cart_items AS item ON item.customer_phone = carts.customer_phone
    LEFT JOIN products AS product ON product.id = item.product_id
    ORDER BY item.added_at, item.product_id
$body$;

-- Whether a request is the first of its key; else what the first came to.
-- Locks the key until the end of the transaction.
CREATE OR REPLACE FUNCTION checkout_request_begin(
    p_customer TEXT, p_key TEXT, p_hash TEXT,
    OUT is_new BOOLEAN, OUT is_other BOOLEAN, OUT answer JSONB)
LANGUAGE plpgsql AS $body$
DECLARE
    known_hash TEXT;
BEGIN
    INSERT INTO checkout_requests (customer_phone, key, request_hash)
    VALUES (p_customer, p_key, p_hash) ON CONFLICT DO NOTHING;
    is_new := FOUND;
    is_other := false;
    IF NOT is_new THEN
        SELECT request.request_hash, request.answer INTO known_hash, answer
        FROM checkout_requests AS request
        WHERE request.customer_phone = p_customer AND request.key = p_key;
        is_other := known_hash IS DISTINCT FROM p_hash;
    END IF;
END
$body$;

-- What the caller knows of the customer beside the change itself. Locks the cart. As other
-- functions here in plpgsql, which keeps its plans; one in SQL is planned at each call.
CREATE OR REPLACE FUNCTION cart_open(p_customer TEXT, p_context JSONB, p_bump INTEGER)
RETURNS VOID LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO carts AS cart
        (customer_phone, version, phone_number_id, locale, service_window_expires_at)
    VALUES (p_customer, p_bump, p_context->>'phone_number_id', p_context->>'locale',
        to_timestamp((p_context->>'service_window_s')::BIGINT))
    ON CONFLICT (customer_phone) DO UPDATE SET
        version = cart.version + p_bump,
        -- To the minute: it is indexed, and a customer changes several lines in a row.
        updated_at = CASE WHEN p_bump > 0 AND (cart.updated_at < NOW() - INTERVAL '1 minute'
            OR cart.reminded_at IS NOT NULL) THEN NOW() ELSE cart.updated_at END,
        reminded_at = CASE WHEN p_bump > 0 THEN NULL ELSE cart.reminded_at END,
        phone_number_id = COALESCE(EXCLUDED.phone_number_id, cart.phone_number_id),
        locale = COALESCE(EXCLUDED.locale, cart.locale),
        service_window_expires_at = GREATEST(
            EXCLUDED.service_window_expires_at, cart.service_window_expires_at);
END
$body$;

-- Puts a product to QUANTITY, or (p_add) that many more. What came of it: added,
-- updated, limited, out_of_stock, not_sold, not_in_cart, full.
CREATE OR REPLACE FUNCTION cart_put(
    p_customer TEXT, p_product INTEGER, p_quantity INTEGER, p_add BOOLEAN,
    p_minor BIGINT, p_context JSONB, OUT outcome TEXT, OUT quantity INTEGER)
LANGUAGE plpgsql AS $body$
DECLARE
    product products;
    had     INTEGER;
    lines   INTEGER;
    left_   INTEGER;
BEGIN
    quantity := 0;
    SELECT * INTO product FROM products WHERE id = p_product;
    IF product.id IS NULL OR NOT product.is_available OR product.name IS NULL THEN
        outcome := 'not_sold';
        RETURN;
    END IF;
    left_ := product.stock - product.reserved;
    PERFORM cart_open(p_customer, p_context, 1);
    SELECT count(*), max(item.quantity) FILTER (WHERE item.product_id = p_product)
    INTO lines, had FROM cart_items AS item WHERE item.customer_phone = p_customer;
    quantity := COALESCE(had, 0);
    IF NOT p_add AND had IS NULL THEN
        outcome := 'not_in_cart';
    ELSIF left_ <= 0 THEN
        outcome := 'out_of_stock';
    ELSIF had IS NULL AND lines >= 50 THEN
        outcome := 'full';
    ELSE
        quantity := CASE WHEN p_add THEN quantity ELSE 0 END + p_quantity;
        outcome := CASE
            WHEN quantity > LEAST(left_, 999) THEN 'limited'
            WHEN p_add THEN 'added' ELSE 'updated' END;
        quantity := LEAST(quantity, left_, 999);
        INSERT INTO cart_items AS item
            (customer_phone, product_id, product_name, quantity, unit_price_minor)
        VALUES (p_customer, p_product, product.name, quantity,
            product_price_minor(product, p_minor))
        ON CONFLICT (customer_phone, product_id) DO UPDATE SET
            quantity = EXCLUDED.quantity, product_name = EXCLUDED.product_name,
            unit_price_minor = EXCLUDED.unit_price_minor;
    END IF;
END
$body$;

-- p_action: add, set, remove, clear, touch, seen, coupon_add,
-- coupon_remove. p_key: of a call
-- that is one however often it comes; NULL: none.
CREATE OR REPLACE FUNCTION cart_change(
    p_customer TEXT, p_action TEXT, p_product INTEGER, p_quantity INTEGER, p_coupon TEXT,
    p_minor BIGINT, p_context JSONB, p_key TEXT, p_hash TEXT)
RETURNS SETOF cart_row LANGUAGE plpgsql AS $body$
DECLARE
    known    RECORD;
    outcome  TEXT := p_action;
    quantity INTEGER := 0;
BEGIN
    -- A cart doesn't wait for the disk, as an order does: a server that crashes may lose the
    -- last half second of changes, each of them whole, with its key.
    PERFORM set_config('synchronous_commit', 'off', true);
    IF p_key IS NOT NULL THEN
        -- Two calls with one key: the second waits here for the cart, and then sees what the
        -- first came to.
        PERFORM FROM carts WHERE customer_phone = p_customer FOR UPDATE;
        SELECT request.request_hash, request.answer INTO known
        FROM checkout_requests AS request
        WHERE request.customer_phone = p_customer AND request.key = p_key;
        IF FOUND THEN
            RETURN QUERY SELECT * FROM cart_rows(p_customer, p_minor,
                CASE WHEN known.request_hash <> p_hash THEN 'other_request'
                     ELSE known.answer->>'outcome' END,
                (known.answer->>'quantity')::INTEGER, true);
            RETURN;
        END IF;
    END IF;
    IF p_action IN ('add', 'set') THEN
        SELECT put.outcome, put.quantity INTO outcome, quantity
        FROM cart_put(p_customer, p_product, p_quantity, p_action = 'add', p_minor,
            p_context) AS put;
    ELSIF p_action = 'touch' THEN
        PERFORM cart_open(p_customer, p_context, 0);
    ELSIF p_action = 'seen' THEN
        -- The customer was told what each costs now.
        UPDATE cart_items AS item SET unit_price_minor = product_price_minor(product, p_minor)
        FROM products AS product
        WHERE item.customer_phone = p_customer AND product.id = item.product_id;
    ELSE
        PERFORM cart_open(p_customer, p_context, 1);
    END IF;
    IF p_action = 'remove' THEN
        DELETE FROM cart_items WHERE customer_phone = p_customer AND product_id = p_product;
        outcome := CASE WHEN FOUND THEN 'removed' ELSE 'not_in_cart' END;
    ELSIF p_action = 'clear' THEN
        DELETE FROM cart_items WHERE customer_phone = p_customer;
        UPDATE carts SET coupons = '{}' WHERE customer_phone = p_customer;
        outcome := 'cleared';
    ELSIF p_action = 'coupon_add' THEN
        UPDATE carts SET coupons = array_append(coupons, p_coupon)
        WHERE customer_phone = p_customer AND NOT coupons @> ARRAY[p_coupon]
          AND cardinality(coupons) < 3;
        outcome := 'applied';
    ELSIF p_action = 'coupon_remove' THEN
        UPDATE carts SET coupons = CASE WHEN p_coupon IS NULL THEN '{}'
            ELSE array_remove(coupons, p_coupon) END
        WHERE customer_phone = p_customer;
        outcome := 'removed';
    END IF;
    IF p_key IS NOT NULL THEN
        -- A first cart has no row to wait for: then this is refused, and tried again.
        INSERT INTO checkout_requests (customer_phone, key, request_hash, answer)
        VALUES (p_customer, p_key, p_hash,
            jsonb_build_object('outcome', outcome, 'quantity', quantity));
    END IF;
    RETURN QUERY SELECT * FROM cart_rows(p_customer, p_minor, outcome, quantity);
END
$body$;

-- The cart of a catalogue message, {product_retailer_id, quantity, item_price}: by the
-- shop's own prices; notes say what differs.
CREATE OR REPLACE FUNCTION cart_import(
    p_customer TEXT, p_items JSONB, p_minor BIGINT, p_context JSONB, p_key TEXT, p_hash TEXT)
RETURNS SETOF cart_row LANGUAGE plpgsql AS $body$
DECLARE
    known RECORD;
    item  RECORD;
    put   RECORD;
    notes JSONB := '[]';
    took  INTEGER := 0;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    IF p_key IS NOT NULL THEN
        SELECT * INTO known FROM checkout_request_begin(p_customer, p_key, p_hash);
        IF NOT known.is_new THEN
            RETURN QUERY SELECT * FROM cart_rows(p_customer, p_minor,
                CASE WHEN known.is_other THEN 'other_request'
                     ELSE known.answer->>'outcome' END,
                NULL, true, known.answer->>'notes');
            RETURN;
        END IF;
    END IF;
    PERFORM cart_open(p_customer, p_context, 1);
    FOR item IN
        SELECT asked.*, product.id AS product_id, product.name,
            product_price_minor(product, p_minor) AS now_minor
        FROM (
            SELECT each.sku, LEAST(sum(each.quantity), 999)::INTEGER AS quantity,
                max(each.price_minor) AS price_minor, min(each.place) AS place
            FROM ROWS FROM (jsonb_to_recordset(p_items)
                AS (sku TEXT, quantity BIGINT, price_minor BIGINT))
                WITH ORDINALITY AS each (sku, quantity, price_minor, place)
            GROUP BY each.sku
        ) AS asked
        LEFT JOIN products AS product ON product.sku = asked.sku
        ORDER BY asked.place
    LOOP
        IF item.product_id IS NULL THEN
            notes := notes || jsonb_build_object('sku', item.sku, 'status', 'unknown');
            CONTINUE;
        END IF;
        SELECT * INTO put FROM cart_put(p_customer, item.product_id, item.quantity, true,
            p_minor, p_context);
        took := took + (put.outcome IN ('added', 'limited'))::INTEGER;
        IF put.outcome <> 'added' THEN
            notes := notes || jsonb_build_object('sku', item.sku, 'name', item.name,
                'status', put.outcome, 'quantity', put.quantity);
        ELSIF item.price_minor <> item.now_minor THEN
            notes := notes || jsonb_build_object('sku', item.sku, 'name', item.name,
                'status', 'price_differs', 'said_minor', item.price_minor,
                'price_minor', item.now_minor);
        END IF;
    END LOOP;
    IF p_key IS NOT NULL THEN
        UPDATE checkout_requests SET answer = jsonb_build_object('outcome',
            CASE WHEN took > 0 THEN 'added' ELSE 'not_sold' END, 'notes', notes)
        WHERE customer_phone = p_customer AND key = p_key;
    END IF;
    RETURN QUERY SELECT * FROM cart_rows(p_customer, p_minor,
        CASE WHEN took > 0 THEN 'added' ELSE 'not_sold' END, took, false, notes::TEXT);
END
$body$;

-- Once over all replicas: carts that their customers left, while a free message may still
-- be sent.
CREATE OR REPLACE FUNCTION carts_claim_abandoned(p_idle_s INTEGER, p_limit INTEGER)
RETURNS SETOF TEXT LANGUAGE sql AS $body$
    UPDATE carts SET reminded_at = NOW()
    FROM (
        SELECT idle.customer_phone FROM carts AS idle
        WHERE idle.reminded_at IS NULL
          AND idle.updated_at < NOW() - make_interval(secs => p_idle_s)
          AND idle.service_window_expires_at > NOW() + INTERVAL '1 minute'
          AND EXISTS (SELECT FROM cart_items AS item
                      WHERE item.customer_phone = idle.customer_phone)
          AND NOT EXISTS (SELECT FROM checkouts AS open
                          WHERE open.customer_phone = idle.customer_phone
                            AND open.state = 'awaiting_payment')
        ORDER BY idle.updated_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) AS claimed
    WHERE carts.customer_phone = claimed.customer_phone
    RETURNING carts.customer_phone::TEXT
$body$;
