-- What changed in the catalogue, for those who keep an index of it. A reader remembers the
-- snapshot of its last look (pg_current_snapshot()) and asks for the rows that the next
-- one shows and that one didn't: a transaction that commits late is never missed, whatever
-- its numbers are, and no connection has to be held for it.

CREATE TABLE IF NOT EXISTS product_changes (
    change_id   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid         XID8 NOT NULL DEFAULT pg_current_xact_id(),
    product_id  INTEGER,
    category_id INTEGER,
    changed_at  TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX IF NOT EXISTS idx_product_changes_xid ON product_changes (xid, change_id);

COMMENT ON TABLE product_changes IS
    'owner: ultra_optimized_product_search, which prunes it after three days. Filled by triggers of products and categories; a row without product and category: all may have changed.';

CREATE TABLE IF NOT EXISTS product_feed (
    only_one    BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_one),
    feed_id     UUID NOT NULL DEFAULT gen_random_uuid(),
    pruned_xid  XID8 NOT NULL DEFAULT '0',
    overview_at TIMESTAMPTZ NOT NULL DEFAULT 'epoch'
);

INSERT INTO product_feed (only_one) VALUES (true) ON CONFLICT DO NOTHING;

COMMENT ON TABLE product_feed IS
    'owner: ultra_optimized_product_search. One row: up to which transaction product_changes is pruned, and when category_overview was last begun to be refreshed.';

-- SECURITY DEFINER: who may change a product needs no right on product_changes. The joins
-- are hashed, since a plan that was made for one row is used again for 100,000.
CREATE OR REPLACE FUNCTION product_changes_note() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT SET enable_nestloop = off
AS $body$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO product_changes (product_id) VALUES (NULL);
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO product_changes (product_id) SELECT id FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO product_changes (product_id) SELECT id FROM old_rows;
    ELSE
        INSERT INTO product_changes (product_id)
        SELECT n.id
        FROM new_rows AS n
        LEFT JOIN old_rows AS o ON o.id = n.id
        WHERE (n.sku, n.ean, n.category_id, n.name, n.brand, n.description, n.price,
               n.offer_price, n.offer_starts_at, n.offer_ends_at, n.stock, n.image_url,
               n.is_available, n.is_featured, n.popularity_score, n.attributes)
            IS DISTINCT FROM
              (o.sku, o.ean, o.category_id, o.name, o.brand, o.description, o.price,
               o.offer_price, o.offer_starts_at, o.offer_ends_at, o.stock, o.image_url,
               o.is_available, o.is_featured, o.popularity_score, o.attributes)
        UNION ALL
        SELECT o.id
        FROM old_rows AS o
        LEFT JOIN new_rows AS n ON n.id = o.id
        WHERE n.id IS NULL;
    END IF;
    RETURN NULL;
END
$body$;

CREATE OR REPLACE FUNCTION product_changes_note_category() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $body$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO product_changes (product_id) VALUES (NULL);
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO product_changes (category_id) SELECT id FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO product_changes (category_id) SELECT id FROM old_rows;
    ELSE
        INSERT INTO product_changes (category_id) SELECT id FROM new_rows;
        INSERT INTO product_changes (product_id, category_id)
        SELECT p.id, p.category_id
        FROM new_rows AS n
        JOIN old_rows AS o ON o.id = n.id
        JOIN products AS p ON p.category_id = n.id
        WHERE (n.name, n.is_active) IS DISTINCT FROM (o.name, o.is_active);
    END IF;
    RETURN NULL;
END
$body$;

-- A trigger with transition tables is for one event.
CREATE OR REPLACE TRIGGER product_changes_insert
    AFTER INSERT ON products REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION product_changes_note();
CREATE OR REPLACE TRIGGER product_changes_update
    AFTER UPDATE ON products REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION product_changes_note();
CREATE OR REPLACE TRIGGER product_changes_delete
    AFTER DELETE ON products REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION product_changes_note();
CREATE OR REPLACE TRIGGER product_changes_truncate
    AFTER TRUNCATE ON products
    FOR EACH STATEMENT EXECUTE FUNCTION product_changes_note();

CREATE OR REPLACE TRIGGER category_changes_insert
    AFTER INSERT ON categories REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION product_changes_note_category();
CREATE OR REPLACE TRIGGER category_changes_update
    AFTER UPDATE ON categories REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION product_changes_note_category();
CREATE OR REPLACE TRIGGER category_changes_delete
    AFTER DELETE ON categories REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION product_changes_note_category();
CREATE OR REPLACE TRIGGER category_changes_truncate
    AFTER TRUNCATE ON categories
    FOR EACH STATEMENT EXECUTE FUNCTION product_changes_note_category();
