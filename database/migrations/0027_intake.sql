-- Durable intake: what Meta was told is taken stands here until n8n said that it is done.

CREATE TABLE IF NOT EXISTS intake_messages (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dedupe_key TEXT NOT NULL UNIQUE,
    phone_number_id TEXT NOT NULL,
    customer_key TEXT NOT NULL,
    message_id TEXT NOT NULL,
    waba_id TEXT,
    display_phone_number TEXT,
    body JSON,
    contact JSON,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead')),
    lease TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    received_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    delivered_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    error TEXT
);
COMMENT ON TABLE intake_messages IS
    'owner: parse_message_optimized. A row is a message of WhatsApp that was acknowledged; a done one keeps its key for as long as Meta repeats, without its text.';

CREATE INDEX IF NOT EXISTS idx_intake_messages_waiting
    ON intake_messages (phone_number_id, customer_key, id) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS idx_intake_messages_dead
    ON intake_messages (id) WHERE state = 'dead';
CREATE INDEX IF NOT EXISTS idx_intake_messages_ended
    ON intake_messages (ended_at) WHERE state = 'done';

-- One row for each customer of whom something waits: who holds the lease handles them.
CREATE TABLE IF NOT EXISTS intake_lanes (
    phone_number_id TEXT NOT NULL,
    customer_key TEXT NOT NULL,
    first_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    not_before TIMESTAMPTZ NOT NULL DEFAULT '-infinity',
    owner TEXT,
    lease TEXT,
    lease_until TIMESTAMPTZ,
    PRIMARY KEY (phone_number_id, customer_key)
) WITH (fillfactor = 50);
COMMENT ON TABLE intake_lanes IS
    'owner: parse_message_optimized. Customers with waiting messages; due_at waits for more of them to come, not_before for n8n.';

CREATE INDEX IF NOT EXISTS idx_intake_lanes_due
    ON intake_lanes (due_at) WHERE lease IS NULL;
CREATE INDEX IF NOT EXISTS idx_intake_lanes_lease
    ON intake_lanes (owner, lease_until) WHERE lease IS NOT NULL;

-- Takes MESSAGES in, an array in the order of the webhook; those that are known already
-- are left alone. Answers how many are new. Whole or not at all.
CREATE OR REPLACE FUNCTION intake_put(messages JSON, quiet_ms BIGINT, quiet_max_ms BIGINT)
RETURNS BIGINT LANGUAGE sql AS $body$
    WITH fresh AS (
        INSERT INTO intake_messages (dedupe_key, phone_number_id, customer_key, message_id,
            waba_id, display_phone_number, body, contact)
        SELECT "key", number, customer, id, waba, display, body, contact
        FROM json_to_recordset(messages) AS m("key" TEXT, number TEXT, customer TEXT,
            id TEXT, waba TEXT, display TEXT, body JSON, contact JSON)
        ON CONFLICT (dedupe_key) DO NOTHING
        RETURNING phone_number_id, customer_key, dedupe_key
    ), lanes AS (
        INSERT INTO intake_lanes AS lane (phone_number_id, customer_key, first_at, due_at)
        SELECT fresh.phone_number_id, fresh.customer_key, clock_timestamp(),
            clock_timestamp() + CASE WHEN bool_or(m.at_once) THEN INTERVAL '0'
                                     ELSE quiet_ms * INTERVAL '1 ms' END
        FROM fresh JOIN json_to_recordset(messages) AS m("key" TEXT, at_once BOOLEAN)
            ON m."key" = fresh.dedupe_key
        GROUP BY 1, 2
        ORDER BY 1, 2
        ON CONFLICT (phone_number_id, customer_key) DO UPDATE
            SET due_at = LEAST(EXCLUDED.due_at,
                lane.first_at + quiet_max_ms * INTERVAL '1 ms')
    )
    SELECT count(*) FROM fresh
$body$;

-- Up to ROOM lanes less those that OWNER holds already: the one that has waited longest
-- first, and those whose lease ran out. Messages that were begun ATTEMPTS_MAX times and
-- never ended are dead. `ran_out`, the last row's: how many leases had run out.
CREATE OR REPLACE FUNCTION intake_take(taker TEXT, room BIGINT, lease_ms BIGINT,
    attempts_max BIGINT, messages_max BIGINT)
RETURNS TABLE (lease TEXT, phone_number_id TEXT, customer_key TEXT, waba_id TEXT,
    display_phone_number TEXT, body JSON, contact JSON, ran_out BIGINT)
LANGUAGE plpgsql AS $body$
DECLARE
    holds BIGINT;
    late BIGINT := 0;
    lane RECORD;
BEGIN
    SELECT count(*) INTO holds FROM intake_lanes AS l
    WHERE l.owner = taker AND l.lease IS NOT NULL AND l.lease_until > clock_timestamp();
    FOR lane IN
        WITH due AS MATERIALIZED (
            SELECT d.phone_number_id, d.customer_key FROM intake_lanes AS d
            WHERE d.lease IS NULL AND d.due_at <= clock_timestamp()
              AND d.not_before <= clock_timestamp()
            ORDER BY d.due_at LIMIT GREATEST(room - holds, 0) FOR UPDATE SKIP LOCKED
        ), over AS MATERIALIZED (
            SELECT e.phone_number_id, e.customer_key FROM intake_lanes AS e
            WHERE e.lease IS NOT NULL AND e.lease_until <= clock_timestamp()
            LIMIT GREATEST(room - holds, 0) FOR UPDATE SKIP LOCKED
        )
        UPDATE intake_lanes AS l
        SET owner = taker, lease = gen_random_uuid()::TEXT,
            lease_until = clock_timestamp() + lease_ms * INTERVAL '1 ms'
        FROM (SELECT due.*, false AS again FROM due
              UNION ALL SELECT over.*, true FROM over) AS chosen
        WHERE l.phone_number_id = chosen.phone_number_id
          AND l.customer_key = chosen.customer_key
        RETURNING l.phone_number_id, l.customer_key, l.lease, chosen.again
    LOOP
        late := late + lane.again::INT;
        UPDATE intake_messages AS m
        SET state = 'dead', ended_at = clock_timestamp(), lease = NULL,
            error = COALESCE(m.error, 'begun ' || m.attempts || ' times and never ended')
        WHERE m.state = 'waiting' AND m.attempts >= attempts_max
          AND m.phone_number_id = lane.phone_number_id
          AND m.customer_key = lane.customer_key;
        RETURN QUERY
        WITH first AS (
            SELECT m.id FROM intake_messages AS m
            WHERE m.state = 'waiting' AND m.phone_number_id = lane.phone_number_id
              AND m.customer_key = lane.customer_key
            ORDER BY m.id LIMIT messages_max
        ), begun AS (
            UPDATE intake_messages AS m
            SET lease = lane.lease, attempts = attempts + 1,
                delivered_at = clock_timestamp()
            FROM first WHERE m.id = first.id
            RETURNING m.*
        )
        SELECT lane.lease, b.phone_number_id, b.customer_key, b.waba_id,
            b.display_phone_number, b.body, b.contact, late
        FROM begun AS b ORDER BY b.id;
        IF NOT FOUND THEN
            DELETE FROM intake_lanes AS l WHERE l.phone_number_id = lane.phone_number_id
              AND l.customer_key = lane.customer_key;
        END IF;
    END LOOP;
END
$body$;

-- n8n didn't take it: the lane waits PAUSE_MS, and it was no attempt, unless there is a
-- FAULT: n8n says that it is no body for it.
CREATE OR REPLACE FUNCTION intake_refused(number TEXT, customer TEXT, taken TEXT,
    pause_ms BIGINT, fault TEXT)
RETURNS VOID LANGUAGE sql AS $body$
    WITH freed AS (
        UPDATE intake_lanes SET owner = NULL, lease = NULL, lease_until = NULL,
            not_before = clock_timestamp() + pause_ms * INTERVAL '1 ms'
        WHERE phone_number_id = number AND customer_key = customer AND lease = taken
        RETURNING 1
    )
    UPDATE intake_messages SET lease = NULL, error = COALESCE(fault, error),
        attempts = attempts - (fault IS NULL)::INT
    WHERE phone_number_id = number AND customer_key = customer AND lease = taken
      AND state = 'waiting' AND EXISTS (SELECT FROM freed)
$body$;

-- The message with KEY is done; with the last of its turn the lane is free, and gone where
-- nothing waits. With FAILED it stays, for after PAUSE_MS. Answers for how long n8n had
-- it, in ms; NULL: it isn't known, or was over already.
CREATE OR REPLACE FUNCTION intake_end("key" TEXT, failed BOOLEAN, pause_ms BIGINT)
RETURNS BIGINT LANGUAGE plpgsql AS $body$
DECLARE
    message intake_messages;
BEGIN
    SELECT * INTO message FROM intake_messages
    WHERE dedupe_key = "key" AND state = 'waiting';
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- The lane first, as everybody does; what came meanwhile is seen by what follows.
    PERFORM FROM intake_lanes WHERE phone_number_id = message.phone_number_id
        AND customer_key = message.customer_key FOR UPDATE;
    IF failed THEN
        UPDATE intake_messages SET lease = NULL, error = 'the workflow said that it failed'
        WHERE id = message.id AND state = 'waiting';
    ELSE
        UPDATE intake_messages SET state = 'done', ended_at = clock_timestamp(),
            lease = NULL, body = NULL, contact = NULL
        WHERE id = message.id AND state = 'waiting';
    END IF;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE intake_lanes AS lane
    SET owner = NULL, lease = NULL, lease_until = NULL,
        first_at = clock_timestamp(),
        not_before = CASE WHEN failed THEN clock_timestamp() + pause_ms * INTERVAL '1 ms'
                          ELSE not_before END
    WHERE phone_number_id = message.phone_number_id
      AND customer_key = message.customer_key
      AND NOT EXISTS (SELECT FROM intake_messages AS m WHERE m.state = 'waiting'
          AND m.phone_number_id = lane.phone_number_id
          AND m.customer_key = lane.customer_key AND m.lease = lane.lease);
    DELETE FROM intake_lanes AS lane
    WHERE phone_number_id = message.phone_number_id
      AND customer_key = message.customer_key
      AND NOT EXISTS (SELECT FROM intake_messages AS m WHERE m.state = 'waiting'
          AND m.phone_number_id = lane.phone_number_id
          AND m.customer_key = lane.customer_key);
    RETURN (extract(epoch FROM clock_timestamp() - message.delivered_at) * 1000)::BIGINT;
END
$body$;

-- Dead ones (all of them without IDS) wait again, after what waits already was begun, or
-- are dropped. Answers how many.
CREATE OR REPLACE FUNCTION intake_revive(ids BIGINT[], replay BOOLEAN)
RETURNS BIGINT LANGUAGE sql AS $body$
    WITH chosen AS (
        UPDATE intake_messages SET
            state = CASE WHEN replay THEN 'waiting' ELSE 'done' END, attempts = 0,
            ended_at = CASE WHEN replay THEN NULL ELSE clock_timestamp() END,
            error = CASE WHEN replay THEN NULL ELSE error END
        WHERE state = 'dead' AND (ids IS NULL OR id = ANY (ids))
        RETURNING phone_number_id, customer_key
    ), lanes AS (
        INSERT INTO intake_lanes (phone_number_id, customer_key, first_at, due_at)
        SELECT DISTINCT phone_number_id, customer_key, clock_timestamp(), clock_timestamp()
        FROM chosen WHERE replay
        ORDER BY 1, 2
        ON CONFLICT (phone_number_id, customer_key) DO NOTHING
    )
    SELECT count(*) FROM chosen
$body$;
