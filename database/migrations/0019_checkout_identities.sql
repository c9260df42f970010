-- When WhatsApp says that a customer goes by another identity, what they were about to
-- buy and what they bought goes along, in the transaction that says so.

CREATE OR REPLACE FUNCTION checkout_follow_identity() RETURNS TRIGGER
LANGUAGE plpgsql AS $body$
DECLARE
    open_state CONSTANT TEXT[] := ARRAY['cart', 'address', 'shipping', 'payment',
        'confirmation', 'awaiting_payment'];
BEGIN
    IF NOT EXISTS (SELECT FROM carts WHERE customer_phone = NEW.replaced_by) THEN
        UPDATE carts SET customer_phone = NEW.replaced_by
        WHERE customer_phone = NEW.customer_key;
    ELSE
        -- Both have a cart: of a product that is in both, the larger quantity.
        INSERT INTO cart_items AS item
            (customer_phone, product_id, product_name, quantity, unit_price_minor, added_at)
        SELECT NEW.replaced_by, product_id, product_name, quantity, unit_price_minor, added_at
        FROM cart_items WHERE customer_phone = NEW.customer_key
        ORDER BY added_at
        LIMIT 50
        ON CONFLICT (customer_phone, product_id) DO UPDATE
            SET quantity = GREATEST(item.quantity, EXCLUDED.quantity);
        DELETE FROM cart_items AS item WHERE item.customer_phone = NEW.replaced_by
          AND item.product_id NOT IN (
            SELECT product_id FROM cart_items WHERE customer_phone = NEW.replaced_by
            ORDER BY added_at LIMIT 50);
        UPDATE carts AS kept SET version = GREATEST(kept.version, was.version) + 1,
            coupons = CASE WHEN kept.coupons = '{}' THEN was.coupons ELSE kept.coupons END,
            updated_at = NOW()
        FROM carts AS was
        WHERE kept.customer_phone = NEW.replaced_by AND was.customer_phone = NEW.customer_key;
        DELETE FROM carts WHERE customer_phone = NEW.customer_key;
    END IF;
    -- One open checkout a customer: one with an order counts more, then the later.
    UPDATE checkouts SET state = 'expired', updated_at = NOW(), version = version + 1
    WHERE customer_phone IN (NEW.customer_key, NEW.replaced_by) AND state = ANY (open_state)
      AND id <> (SELECT id FROM checkouts
                 WHERE customer_phone IN (NEW.customer_key, NEW.replaced_by)
                   AND state = ANY (open_state)
                 ORDER BY state = 'awaiting_payment' DESC, updated_at DESC LIMIT 1);
    UPDATE checkouts SET customer_phone = NEW.replaced_by
    WHERE customer_phone = NEW.customer_key;
    UPDATE orders SET customer_phone = NEW.replaced_by WHERE customer_phone = NEW.customer_key;
    UPDATE coupon_uses SET customer_phone = NEW.replaced_by
    WHERE customer_phone = NEW.customer_key;
    RETURN NULL;
END
$body$;

CREATE OR REPLACE TRIGGER checkout_follow_identity
    AFTER INSERT OR UPDATE OF replaced_by ON customer_identities
    FOR EACH ROW WHEN (NEW.replaced_by IS NOT NULL)
    EXECUTE FUNCTION checkout_follow_identity();
