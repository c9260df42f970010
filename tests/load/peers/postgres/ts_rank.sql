SELECT id, name, price, stock,
       ts_rank(to_tsvector('spanish', COALESCE(name, '') || ' ' || COALESCE(description, '')),
               plainto_tsquery('spanish', $1)) AS score
FROM products
WHERE to_tsvector('spanish', COALESCE(name, '') || ' ' || COALESCE(description, ''))
      @@ plainto_tsquery('spanish', $1)
  AND is_available
ORDER BY score DESC, id
LIMIT 10
