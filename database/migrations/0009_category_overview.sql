-- The categories as a customer sees them, counted once and not on every
-- message. REFRESH MATERIALIZED VIEW CONCURRENTLY, which doesn't hold readers
-- up, needs the unique index.

CREATE MATERIALIZED VIEW IF NOT EXISTS category_overview AS
SELECT
    c.id AS category_id,
    c.name,
    c.description,
    c.emoji,
    c.display_order,
    c.is_featured,
    count(p.id) AS product_count,
    count(p.id) FILTER (WHERE p.stock > 0) AS in_stock_count,
    count(p.id) FILTER (WHERE p.is_featured) AS featured_count,
    count(p.id) FILTER (WHERE p.on_offer) AS offer_count,
    min(p.current_price) AS price_min,
    max(p.current_price) AS price_max,
    COALESCE(max(p.popularity_score), 0) AS popularity_max
FROM categories c
LEFT JOIN (
    SELECT
        priced.*,
        CASE WHEN on_offer THEN offer_price ELSE price END AS current_price
    FROM (
        SELECT
            id, category_id, price, offer_price, stock, is_featured, popularity_score,
            COALESCE(offer_price < price, false)
                AND COALESCE(offer_starts_at <= NOW(), true)
                AND COALESCE(offer_ends_at > NOW(), true) AS on_offer
        FROM products
        WHERE is_available
    ) AS priced
) AS p ON p.category_id = c.id
WHERE c.is_active
GROUP BY c.id;

CREATE UNIQUE INDEX IF NOT EXISTS idx_category_overview_category_id
    ON category_overview (category_id);

COMMENT ON MATERIALIZED VIEW category_overview IS
    'owner: ultra_optimized_product_search, which refreshes it after a change and every 30 minutes.';
