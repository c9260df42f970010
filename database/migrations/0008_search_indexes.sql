-- migrate: no-transaction
-- The search indexes. A query uses one only if it repeats the expression
-- character for character.

-- First what is in the way: INVALID leftovers of an interrupted build, and the
-- guide's idx_products_search_vector, which is NULL for a product without name.
SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
FROM pg_index
WHERE (NOT indisvalid
       AND indexrelid IN (
            to_regclass('idx_products_search_vector'),
            to_regclass('idx_products_search_unaccent'),
            to_regclass('idx_products_name_trgm'),
            to_regclass('idx_products_popularity'),
            to_regclass('idx_products_category'),
            to_regclass('idx_products_updated_at'),
            to_regclass('idx_products_ean')))
   OR (indexrelid = to_regclass('idx_products_search_vector')
       AND pg_get_indexdef(indexrelid) NOT ILIKE '%coalesce(name%')
\gexec

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_search_vector
    ON products USING gin (
        to_tsvector('spanish', COALESCE(name, '') || ' ' || COALESCE(description, '')));

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_search_unaccent
    ON products USING gin (
        to_tsvector('spanish_unaccent', COALESCE(name, '') || ' ' || COALESCE(description, '')));

-- Typos: word_similarity() over names without accents.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_name_trgm
    ON products USING gin (immutable_unaccent(lower(name)) gin_trgm_ops);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_popularity
    ON products (popularity_score DESC)
    WHERE is_available = true;

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_category
    ON products (category_id, popularity_score DESC);

-- Reading what changed since the last look.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_updated_at
    ON products (updated_at);

-- Not unique: a shop may sell one article in two rows, a pack and a piece, and
-- a build that fails on its data would stop the migration.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_ean
    ON products (ean)
    WHERE ean IS NOT NULL;
