SELECT id, name, price, stock,
       word_similarity(immutable_unaccent(lower($1)), immutable_unaccent(lower(name))) AS score
FROM products
WHERE immutable_unaccent(lower($1)) <% immutable_unaccent(lower(name))
  AND is_available
ORDER BY score DESC, id
LIMIT 10
