-- What a shop's database has where somebody has run the scripts of the
-- migration guide by hand before.

CREATE TABLE IF NOT EXISTS rate_limit_config (
  id SERIAL PRIMARY KEY,
  customer_tier VARCHAR(50) NOT NULL UNIQUE,
  max_per_minute INTEGER NOT NULL,
  max_per_hour INTEGER NOT NULL,
  max_per_day INTEGER NOT NULL,
  burst_size INTEGER NOT NULL,
  created_at TIMESTAMP DEFAULT NOW(),
  updated_at TIMESTAMP DEFAULT NOW()
);

INSERT INTO rate_limit_config (customer_tier, max_per_minute, max_per_hour, max_per_day, burst_size)
VALUES ('new', 7, 60, 500, 10), ('regular', 10, 120, 1000, 20), ('vip', 20, 300, 2000, 50);

CREATE TABLE IF NOT EXISTS ai_provider_config (
  id SERIAL PRIMARY KEY,
  provider_name VARCHAR(50) UNIQUE NOT NULL,
  is_enabled BOOLEAN DEFAULT true,
  priority INTEGER DEFAULT 100,
  max_tokens INTEGER DEFAULT 150,
  temperature DECIMAL(3,2) DEFAULT 0.7,
  cost_per_request DECIMAL(10,6),
  timeout_ms INTEGER DEFAULT 5000,
  circuit_breaker_threshold INTEGER DEFAULT 5,
  circuit_breaker_timeout INTEGER DEFAULT 300,
  created_at TIMESTAMP DEFAULT NOW(),
  updated_at TIMESTAMP DEFAULT NOW()
);

INSERT INTO ai_provider_config (provider_name, cost_per_request, timeout_ms, priority)
VALUES ('DeepSeek', 0.00014, 5000, 100), ('Gemini', 0.000075, 3000, 90);

CREATE INDEX idx_products_search_vector
ON products USING GIN(to_tsvector('spanish', name || ' ' || COALESCE(description, '')));
