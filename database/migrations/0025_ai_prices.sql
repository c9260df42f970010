-- What a call of a provider costs: tokens that the provider had cached are
-- cheaper, and some have hours at which all costs more.

ALTER TABLE ai_provider_config
    ADD COLUMN IF NOT EXISTS cached_usd_per_million NUMERIC(12,6),
    ADD COLUMN IF NOT EXISTS peak_factor NUMERIC(6,3) NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS peak_hours INTEGER[] NOT NULL DEFAULT '{}';

-- DeepSeek and OpenAI by their price pages of 2026-11; a price that the shop
-- has changed says that it keeps them itself.
UPDATE ai_provider_config
SET cached_usd_per_million = 0.003, peak_factor = 2, peak_hours = '{1,2,3,6,7,8,9}', updated_at = NOW()
WHERE provider_name = 'DeepSeek' AND model = 'deepseek-flash' AND cached_usd_per_million IS NULL
  AND input_usd_per_million = 0.15 AND output_usd_per_million = 0.60;

UPDATE ai_provider_config
SET cached_usd_per_million = 0.01, updated_at = NOW()
WHERE provider_name = 'OpenAI' AND model = 'gpt-6-luna' AND cached_usd_per_million IS NULL
  AND input_usd_per_million = 0.10 AND output_usd_per_million = 0.50;

COMMENT ON COLUMN ai_provider_config.cached_usd_per_million IS
    'of input tokens that the provider had cached; NULL: as other input';
COMMENT ON COLUMN ai_provider_config.peak_hours IS
    'hours (UTC, 0 to 23, Monday to Friday) at which all prices are peak_factor times as high';
