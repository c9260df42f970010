-- The AI providers. Model ids, addresses and prices are data: the three models
-- the migration guide names are withdrawn or about to be, and the next ones
-- will be too.

CREATE TABLE IF NOT EXISTS ai_provider_config (
    id                        SERIAL PRIMARY KEY,
    provider_name             VARCHAR(50) UNIQUE NOT NULL,
    is_enabled                BOOLEAN DEFAULT true,
    priority                  INTEGER DEFAULT 100,
    max_tokens                INTEGER DEFAULT 150,
    temperature               DECIMAL(3,2),
    cost_per_request          DECIMAL(10,6),
    timeout_ms                INTEGER DEFAULT 5000,
    circuit_breaker_threshold INTEGER DEFAULT 5,
    circuit_breaker_timeout   INTEGER DEFAULT 300,
    created_at                TIMESTAMPTZ DEFAULT NOW(),
    updated_at                TIMESTAMPTZ DEFAULT NOW()
);

-- By themselves, since the guide's script may have made the table.
ALTER TABLE ai_provider_config
    ADD COLUMN IF NOT EXISTS protocol VARCHAR(20),
    ADD COLUMN IF NOT EXISTS base_url TEXT,
    ADD COLUMN IF NOT EXISTS model VARCHAR(100),
    ADD COLUMN IF NOT EXISTS input_usd_per_million NUMERIC(12,6),
    ADD COLUMN IF NOT EXISTS output_usd_per_million NUMERIC(12,6),
    ADD COLUMN IF NOT EXISTS daily_budget_usd NUMERIC(12,2) NOT NULL DEFAULT 5.00;

-- Newer models refuse a temperature, so none is sent unless a shop asks for it.
ALTER TABLE ai_provider_config ALTER COLUMN temperature DROP DEFAULT;

-- cost_per_request and timeout_ms of the first two are the guide's; OpenAI's is
-- 400 tokens in and 30 out at its price. OpenAI is off, as in the guide.
-- Rows of the guide's script get what it couldn't know, and lose its
-- temperature, once: a row that has a model is the shop's own.
INSERT INTO ai_provider_config AS existing
    (provider_name, is_enabled, priority, timeout_ms, cost_per_request,
     protocol, base_url, model, input_usd_per_million, output_usd_per_million)
VALUES
    ('Gemini', true, 90, 3000, 0.000075,
     'gemini', 'https://generativelanguage.googleapis.com/v1beta',
     'gemini-3.5-flash-lite', 0.30, 2.50),
    ('DeepSeek', true, 100, 5000, 0.000140,
     'deepseek', 'https://api.deepseek.com',
     'deepseek-flash', 0.15, 0.60),
    ('OpenAI', false, 110, 5000, 0.000055,
     'openai', 'https://api.openai.com/v1',
     'gpt-6-luna', 0.10, 0.50)
ON CONFLICT (provider_name) DO UPDATE SET
    protocol = EXCLUDED.protocol,
    base_url = EXCLUDED.base_url,
    model = EXCLUDED.model,
    input_usd_per_million = EXCLUDED.input_usd_per_million,
    output_usd_per_million = EXCLUDED.output_usd_per_million,
    temperature = NULL,
    updated_at = NOW()
WHERE existing.model IS NULL;

COMMENT ON TABLE ai_provider_config IS
    'owner: ai_provider_ultra_optimized. Providers by priority, lower first. API keys are never here but in the environment.';
COMMENT ON COLUMN ai_provider_config.protocol IS
    'which API it speaks: deepseek, gemini, or openai for anything compatible with it';
COMMENT ON COLUMN ai_provider_config.temperature IS
    'NULL: not sent';
COMMENT ON COLUMN ai_provider_config.circuit_breaker_threshold IS
    'failures in a row that open the circuit';
COMMENT ON COLUMN ai_provider_config.circuit_breaker_timeout IS
    'seconds that it stays open';
COMMENT ON COLUMN ai_provider_config.daily_budget_usd IS
    'once spent, the provider is left out until the next day (UTC)';
