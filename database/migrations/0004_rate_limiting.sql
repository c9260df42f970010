-- Limits by customer tier, and the two columns of message_logs that the index
-- of the migration guide takes for granted.

CREATE TABLE IF NOT EXISTS rate_limit_config (
    id             SERIAL PRIMARY KEY,
    customer_tier  VARCHAR(50) NOT NULL UNIQUE,
    max_per_minute INTEGER NOT NULL,
    max_per_hour   INTEGER NOT NULL,
    max_per_day    INTEGER NOT NULL,
    burst_size     INTEGER NOT NULL,
    created_at     TIMESTAMPTZ DEFAULT NOW(),
    updated_at     TIMESTAMPTZ DEFAULT NOW()
);

-- By itself and not in CREATE TABLE: where the guide's script has run, the
-- table is there without it.
ALTER TABLE rate_limit_config
    ADD COLUMN IF NOT EXISTS mode VARCHAR(10) NOT NULL DEFAULT 'enforce';

DO $do$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conname = 'rate_limit_config_mode_check'
          AND conrelid = 'rate_limit_config'::regclass
    ) THEN
        ALTER TABLE rate_limit_config ADD CONSTRAINT rate_limit_config_mode_check
            CHECK (mode IN ('enforce', 'shadow', 'off'));
    END IF;
END
$do$;

-- What a shop has set itself stays.
INSERT INTO rate_limit_config
    (customer_tier, max_per_minute, max_per_hour, max_per_day, burst_size)
VALUES
    ('new', 5, 60, 500, 10),
    ('regular', 10, 120, 1000, 20),
    ('vip', 20, 300, 2000, 50)
ON CONFLICT (customer_tier) DO NOTHING;

COMMENT ON TABLE rate_limit_config IS
    'owner: optimized_rate_limiter. Messages allowed by customer tier.';
COMMENT ON COLUMN rate_limit_config.burst_size IS
    'token bucket over the minute; in force only with system_config.rate_limit_burst = true';
COMMENT ON COLUMN rate_limit_config.mode IS
    'enforce: limit; shadow: count and let through; off: neither';

-- No default while adding: NOW() would stamp every old row with the time of the
-- migration. The next file fills them from created_at.
ALTER TABLE message_logs
    ADD COLUMN IF NOT EXISTS message_timestamp TIMESTAMPTZ,
    ADD COLUMN IF NOT EXISTS rate_limit_exceeded BOOLEAN NOT NULL DEFAULT false;

-- The MVP doesn't know the column, and its rows shall have a time as well.
ALTER TABLE message_logs ALTER COLUMN message_timestamp SET DEFAULT NOW();

COMMENT ON TABLE message_logs IS
    'owner: optimized_rate_limiter. Messages in and out; the MVP workflow inserts here too.';
COMMENT ON COLUMN message_logs.message_timestamp IS
    'when the customer sent it; created_at is when it was logged';
