-- What the full catalogue knows of a product beyond the MVP's columns.
-- Only nullable columns and constant defaults: no rewrite.

ALTER TABLE products
    ADD COLUMN IF NOT EXISTS ean VARCHAR(13),
    ADD COLUMN IF NOT EXISTS brand VARCHAR(80),
    ADD COLUMN IF NOT EXISTS offer_price NUMERIC(12,2),
    ADD COLUMN IF NOT EXISTS offer_starts_at TIMESTAMPTZ,
    ADD COLUMN IF NOT EXISTS offer_ends_at TIMESTAMPTZ,
    ADD COLUMN IF NOT EXISTS weight_g INTEGER,
    ADD COLUMN IF NOT EXISTS attributes JSONB NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS is_featured BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE categories
    ADD COLUMN IF NOT EXISTS is_featured BOOLEAN NOT NULL DEFAULT false;

COMMENT ON TABLE products IS
    'owner: ultra_optimized_product_search. The catalogue; optimized_checkout_processor takes from stock.';
COMMENT ON TABLE categories IS
    'owner: ultra_optimized_product_search.';
-- No CHECK (offer_price < price): the MVP knows nothing of offers, and its
-- UPDATE of a price must not fail because of one.
COMMENT ON COLUMN products.offer_price IS
    'counts only below price and between offer_starts_at and offer_ends_at (NULL: open)';
COMMENT ON COLUMN products.attributes IS
    '{"sizes": ["39", "42"], "colors": ["rojo"]} and what else a product has';

-- The MVP and people with a database tool change a row without touching
-- updated_at, which is how a change is found after a missed notification.
CREATE OR REPLACE FUNCTION products_touch() RETURNS TRIGGER
LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at
       AND NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$body$;

-- Once a statement and without the row's id: an import of 100,000 products is
-- one notification, and the listener reads what changed by updated_at.
CREATE OR REPLACE FUNCTION catalogue_notify() RETURNS TRIGGER
LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM pg_notify('catalogue_changed', TG_TABLE_NAME);
    RETURN NULL;
END
$body$;

CREATE OR REPLACE TRIGGER products_touch
    BEFORE UPDATE ON products
    FOR EACH ROW EXECUTE FUNCTION products_touch();

CREATE OR REPLACE TRIGGER products_notify
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON products
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_notify();

CREATE OR REPLACE TRIGGER categories_notify
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON categories
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_notify();
