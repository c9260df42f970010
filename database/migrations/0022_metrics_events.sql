-- The log of events: what lightweight_metrics was told, each once by its id. All numbers
-- are made from it, and can be made again.

CREATE SEQUENCE IF NOT EXISTS event_batches;

-- Apart from the log, since a retry may say another time, and so fall into another
-- partition. The key is the first half of the SHA-256 of the id.
CREATE TABLE IF NOT EXISTS event_ids (
    event_key   UUID PRIMARY KEY,
    received_on DATE NOT NULL
);

-- Rows come in the order of the days, so that a few pages tell where a day ends.
CREATE INDEX IF NOT EXISTS idx_event_ids_received_on ON event_ids USING brin (received_on);

CREATE TABLE IF NOT EXISTS events (
    seq          BIGINT NOT NULL,
    occurred_at  TIMESTAMPTZ NOT NULL,
    received_at  TIMESTAMPTZ NOT NULL,
    event_id     TEXT NOT NULL,
    type         TEXT NOT NULL,
    customer_key TEXT,
    source       TEXT,
    path         TEXT NOT NULL,
    data         JSON
) PARTITION BY RANGE (occurred_at);

CREATE TABLE IF NOT EXISTS events_default PARTITION OF events DEFAULT;
CREATE INDEX IF NOT EXISTS idx_events_seq ON events (seq);

COMMENT ON TABLE events_default IS
    'owner: lightweight_metrics. Events of days that have no partition of their own.';
COMMENT ON TABLE event_ids IS
    'owner: lightweight_metrics, which prunes it. The ids of all events in the log.';
COMMENT ON TABLE events IS
    'owner: lightweight_metrics. Append-only; a partition for each day (UTC) of occurred_at, dropped after EVENTS_DAYS. seq: 8192 times the number of the batch, plus the place in it; batches are numbered in no order of commits.';

-- Makes the partition of a day; what the default one holds of it moves there.
CREATE OR REPLACE FUNCTION events_make_partition(wanted DATE) RETURNS BOOLEAN
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $body$
DECLARE
    partition_name TEXT := 'events_' || to_char(wanted, 'YYYYMMDD');
    first_moment TIMESTAMPTZ := wanted::timestamp AT TIME ZONE 'UTC';
    next_moment TIMESTAMPTZ := (wanted + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(partition_name) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass(partition_name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS)', partition_name);
    IF EXISTS (SELECT FROM events_default
               WHERE occurred_at >= first_moment AND occurred_at < next_moment) THEN
        LOCK TABLE events_default IN ACCESS EXCLUSIVE MODE;
        EXECUTE format(
            'WITH moved AS (DELETE FROM events_default WHERE occurred_at >= $1 '
            'AND occurred_at < $2 RETURNING *) INSERT INTO %I SELECT * FROM moved',
            partition_name) USING first_moment, next_moment;
    END IF;
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   partition_name, first_moment, next_moment);
    EXECUTE format('COMMENT ON TABLE %I IS %L', partition_name,
                   'owner: lightweight_metrics. Events of this day (UTC).');
    RETURN true;
END
$body$;

-- Drops the partitions of days before KEPT_FROM; 0 where there were no events of these.
CREATE OR REPLACE FUNCTION events_drop_before(kept_from DATE) RETURNS INTEGER
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $body$
DECLARE
    old TEXT;
    dropped INTEGER := 0;
BEGIN
    FOR old IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'events'::regclass AND c.relname ~ '^events_[0-9]{8}$'
          AND to_date(right(c.relname, 8), 'YYYYMMDD') < kept_from
    LOOP
        EXECUTE format('DROP TABLE %I', old);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM events_default WHERE occurred_at < kept_from::timestamp AT TIME ZONE 'UTC';
    IF FOUND THEN
        dropped := dropped + 1;
    END IF;
    RETURN dropped;
END
$body$;

SELECT events_make_partition(day::date)
FROM generate_series((now() AT TIME ZONE 'UTC')::date - 1,
                     (now() AT TIME ZONE 'UTC')::date + 3, INTERVAL '1 day') AS day;
