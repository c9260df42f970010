-- migrate: no-transaction
-- Before anything else: INVALID indexes, left behind where a CREATE INDEX
-- CONCURRENTLY of these names was interrupted. A change of a column's type,
-- which otherwise keeps indexes as they are, would build such a one again, under
-- a lock that stops the shop.

SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
FROM pg_index
WHERE NOT indisvalid
  AND indexrelid IN (
        to_regclass('idx_customer_sessions_expires_at'),
        to_regclass('idx_message_logs_rate_limit'),
        to_regclass('idx_products_category'),
        to_regclass('idx_products_ean'),
        to_regclass('idx_products_name_trgm'),
        to_regclass('idx_products_popularity'),
        to_regclass('idx_products_search_unaccent'),
        to_regclass('idx_products_search_vector'),
        to_regclass('idx_products_updated_at'))
\gexec
