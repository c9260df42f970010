-- A customer is no longer a phone number: WhatsApp may leave the number out
-- and give a business-scoped user id (BSUID) of up to 131 characters, a parent
-- id of up to 135. The column names of the MVP stay; what they hold is a
-- customer_key: the wa_id where there is one, else the user id.

-- Making a VARCHAR longer touches the catalogue only: no rewrite, no index
-- rebuild. The guard keeps a shop that already has something wider as it is,
-- and saves the lock on a second run.
DO $do$
DECLARE
    narrow RECORD;
BEGIN
    FOR narrow IN
        SELECT a.attrelid::regclass AS relation, a.attname
        FROM pg_attribute a
        WHERE (a.attrelid, a.attname) IN (
                ('customers'::regclass, 'phone'),
                ('customer_sessions'::regclass, 'customer_phone'),
                ('message_logs'::regclass, 'customer_phone'),
                ('orders'::regclass, 'customer_phone'))
          AND a.atttypid = 'varchar'::regtype
          AND a.atttypmod BETWEEN 5 AND 160 + 3
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE VARCHAR(160)',
                       narrow.relation, narrow.attname);
    END LOOP;
END
$do$;

ALTER TABLE customers
    ADD COLUMN IF NOT EXISTS username VARCHAR(100),
    ADD COLUMN IF NOT EXISTS country CHAR(2),
    ADD COLUMN IF NOT EXISTS locale VARCHAR(10);

COMMENT ON TABLE customers IS
    'owner: redis_cache_manager_consolidated. Who buys here; phone holds the customer_key. The MVP inserts rows too.';
COMMENT ON COLUMN customers.phone IS
    'customer_key: the wa_id, or the user id of a customer who shows no number';
COMMENT ON COLUMN customers.country IS 'ISO 3166; NULL: not known';

-- version grows with every write of the session service, so that the later of
-- two writers learns that it read something old. A constant default is kept in
-- the catalogue: no rewrite.
ALTER TABLE customer_sessions
    ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT 1;

COMMENT ON TABLE customer_sessions IS
    'owner: redis_cache_manager_consolidated. One session a customer, behind Redis.';

COMMENT ON TABLE orders IS
    'owner: optimized_checkout_processor. The MVP enters orders by hand.';
COMMENT ON TABLE order_items IS
    'owner: optimized_checkout_processor. The lines of an order, with the price of that day.';
