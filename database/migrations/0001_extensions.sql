-- Accents and typos in Spanish need unaccent and pg_trgm. Both are trusted
-- extensions: CREATE on the database is enough, no superuser.

CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- unaccent(text) is only STABLE, since it looks its dictionary up by
-- search_path, and so can't stand in an index. This wrapper names the
-- dictionary with its schema, wherever the extension was installed (hosted
-- PostgreSQL often keeps extensions in a schema of their own).
DO $do$
DECLARE
    home TEXT;
BEGIN
    SELECT n.nspname INTO STRICT home
    FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'unaccent';

    EXECUTE format(
        $sql$
        CREATE OR REPLACE FUNCTION immutable_unaccent(value TEXT) RETURNS TEXT
        LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
        AS $body$SELECT %1$I.unaccent(%2$L::regdictionary, value)$body$
        $sql$,
        home, format('%I.unaccent', home));
END
$do$;

COMMENT ON FUNCTION immutable_unaccent(TEXT) IS
    'owner: ultra_optimized_product_search. unaccent() for index expressions.';

-- "iluminacion" finds "iluminación", "nino" finds "niño". It doesn't replace
-- 'spanish': taking the accent off first breaks the stem of pairs such as
-- iluminación/iluminaciones, so a search asks both.
DO $do$
DECLARE
    home TEXT;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_ts_config WHERE cfgname = 'spanish_unaccent'
    ) THEN
        SELECT n.nspname INTO STRICT home
        FROM pg_extension e
        JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'unaccent';

        CREATE TEXT SEARCH CONFIGURATION spanish_unaccent (COPY = pg_catalog.spanish);
        EXECUTE format(
            'ALTER TEXT SEARCH CONFIGURATION spanish_unaccent
                 ALTER MAPPING FOR hword, hword_part, word
                 WITH %I.unaccent, pg_catalog.spanish_stem',
            home);
    END IF;
END
$do$;
