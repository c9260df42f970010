-- What open orders hold is no longer there to be sold: a search knows of it as of any
-- other change of a product.

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
               n.is_available, n.is_featured, n.popularity_score, n.attributes, n.reserved)
            IS DISTINCT FROM
              (o.sku, o.ean, o.category_id, o.name, o.brand, o.description, o.price,
               o.offer_price, o.offer_starts_at, o.offer_ends_at, o.stock, o.image_url,
               o.is_available, o.is_featured, o.popularity_score, o.attributes, o.reserved)
        UNION ALL
        SELECT o.id
        FROM old_rows AS o
        LEFT JOIN new_rows AS n ON n.id = o.id
        WHERE n.id IS NULL;
    END IF;
    RETURN NULL;
END
$body$;
