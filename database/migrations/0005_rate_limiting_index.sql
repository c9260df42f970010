-- migrate: no-transaction
-- message_logs may hold years of messages: it is filled in small transactions
-- and indexed without stopping the MVP that writes to it.

DO $do$
DECLARE
    batch CONSTANT BIGINT := 10000;
    from_id BIGINT;
    last_id BIGINT;
BEGIN
    SELECT min(id), max(id) INTO from_id, last_id
    FROM message_logs
    WHERE message_timestamp IS NULL;

    WHILE from_id <= last_id LOOP
        UPDATE message_logs
        SET message_timestamp = created_at
        WHERE id >= from_id AND id < from_id + batch
          AND message_timestamp IS NULL;
        COMMIT;
        from_id := from_id + batch;
    END LOOP;
END
$do$;

-- A CREATE INDEX CONCURRENTLY that was interrupted leaves an INVALID index,
-- which costs every write, serves no read, and makes IF NOT EXISTS do nothing.
SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
FROM pg_index
WHERE NOT indisvalid
  AND indexrelid IN (
        to_regclass('idx_message_logs_rate_limit'),
        to_regclass('idx_customer_sessions_expires_at'))
\gexec

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_message_logs_rate_limit
    ON message_logs (customer_phone, message_timestamp DESC)
    WHERE rate_limit_exceeded = false;

-- Expired sessions are swept by time.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_customer_sessions_expires_at
    ON customer_sessions (expires_at);
