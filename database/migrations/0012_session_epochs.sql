-- Under which epoch of session_switch a row was written: what a replica writes out late,
-- from an epoch that is over, must not replace what came after it.
ALTER TABLE customer_sessions
    ADD COLUMN IF NOT EXISTS epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE customer_turns
    ADD COLUMN IF NOT EXISTS epoch BIGINT NOT NULL DEFAULT 0;

-- Which replicas of the session service run, and up to which epoch each has written out
-- what Redis had acknowledged. PostgreSQL serves nothing alone before all have. Lost with
-- a crash of the server, and then made anew within a tenth of a second.
CREATE UNLOGGED TABLE IF NOT EXISTS session_replicas (
    replica       VARCHAR(40) PRIMARY KEY,
    drained_epoch BIGINT NOT NULL,
    seen_at       TIMESTAMPTZ NOT NULL
);

COMMENT ON TABLE session_replicas IS
    'owner: redis_cache_manager_consolidated. The replicas that run, each with a sign of life.';
