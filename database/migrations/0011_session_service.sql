-- What the session service keeps beside a customer's session.

-- A repeated call is known by it; a constant default is kept in the catalogue.
ALTER TABLE customer_sessions
    ADD COLUMN IF NOT EXISTS recent_writes TEXT NOT NULL DEFAULT '';

COMMENT ON COLUMN customer_sessions.recent_writes IS
    'the idempotency tokens of the last writes, with the version that each made';

-- Who is answering a customer now, and which messages wait. JSON, not JSONB: its version
-- stands first in the text, and has to stay there.
CREATE TABLE IF NOT EXISTS customer_turns (
    customer_key VARCHAR(160) PRIMARY KEY,
    version      BIGINT NOT NULL,
    document     JSON NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

COMMENT ON TABLE customer_turns IS
    'owner: redis_cache_manager_consolidated. Lease, waiting messages and last answer of a customer, behind Redis.';

-- Whether sessions are Redis's or PostgreSQL's alone; epoch grows with each change, so
-- that what was written under an older one is told apart. One row.
CREATE TABLE IF NOT EXISTS session_switch (
    only_row     BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row),
    mode         VARCHAR(10) NOT NULL DEFAULT 'postgres' CHECK (mode IN ('redis', 'postgres')),
    epoch        BIGINT NOT NULL DEFAULT 1,
    redis_run_id VARCHAR(64) NOT NULL DEFAULT '',
    changed_at   TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

INSERT INTO session_switch DEFAULT VALUES ON CONFLICT (only_row) DO NOTHING;

COMMENT ON TABLE session_switch IS
    'owner: redis_cache_manager_consolidated. Where sessions are written now; system_config.use_redis_sessions is what the shop wants.';
