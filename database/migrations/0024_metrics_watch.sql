-- What lightweight_metrics sees of the services themselves, and whom it told.

CREATE TABLE IF NOT EXISTS metrics_services (
    service    TEXT PRIMARY KEY,
    state      TEXT NOT NULL,
    detail     TEXT,
    latency_ms DOUBLE PRECISION,
    hit_rate   DOUBLE PRECISION,
    since      TIMESTAMPTZ NOT NULL,
    checked_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS metrics_uptime (
    hour_at TIMESTAMPTZ NOT NULL,
    service TEXT NOT NULL,
    checks  BIGINT NOT NULL,
    up      BIGINT NOT NULL,
    PRIMARY KEY (hour_at, service)
);

CREATE TABLE IF NOT EXISTS metrics_alerts (
    metric      TEXT PRIMARY KEY,
    state       TEXT NOT NULL DEFAULT 'fine',
    since       TIMESTAMPTZ NOT NULL DEFAULT now(),
    value       DOUBLE PRECISION,
    told_state  TEXT NOT NULL DEFAULT 'fine',
    told_at     TIMESTAMPTZ
);

COMMENT ON TABLE metrics_services IS
    'owner: lightweight_metrics. How each service was when it was asked last; hit_rate is of a cache''s.';
COMMENT ON TABLE metrics_uptime IS
    'owner: lightweight_metrics. Checks of each service by hour, and how many it passed.';
COMMENT ON TABLE metrics_alerts IS
    'owner: lightweight_metrics. State of the success metrics: fine or critical, since when, and which of both was told.';

CREATE TABLE IF NOT EXISTS metrics_watch (
    only_one   BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_one),
    watched_at TIMESTAMPTZ NOT NULL DEFAULT 'epoch'
);

INSERT INTO metrics_watch (only_one) VALUES (true) ON CONFLICT DO NOTHING;

COMMENT ON TABLE metrics_watch IS
    'owner: lightweight_metrics. When the services were asked last, by any replica.';
