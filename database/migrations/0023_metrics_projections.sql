-- What is counted from the log of events. Each row only ever grows by what new events
-- add, so that a late event moves its own minute, hour and day, and rows of many readers
-- can be added up.
-- bucket_at: the start of the minute or hour; of a day ('d') midnight UTC of the shop's
-- calendar date, as `day` is that date (system_config.timezone).

CREATE TABLE IF NOT EXISTS metrics_projector (
    only_one       BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_one),
    seq            BIGINT NOT NULL DEFAULT 0,
    projected_at   TIMESTAMPTZ NOT NULL DEFAULT 'epoch',
    dropped_before DATE,
    rebuild_from   DATE,
    rebuild_until  BIGINT NOT NULL DEFAULT 0,
    rebuilt_at     TIMESTAMPTZ
);

INSERT INTO metrics_projector (only_one) VALUES (true) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS metrics_counts (
    granularity "char" NOT NULL,
    bucket_at   TIMESTAMPTZ NOT NULL,
    name        TEXT NOT NULL,
    dimension   TEXT NOT NULL,
    path        TEXT NOT NULL,
    count       BIGINT NOT NULL,
    sum         BIGINT NOT NULL,
    PRIMARY KEY (granularity, bucket_at, name, dimension, path)
);

CREATE TABLE IF NOT EXISTS metrics_histogram (
    granularity "char" NOT NULL,
    bucket_at   TIMESTAMPTZ NOT NULL,
    name        TEXT NOT NULL,
    path        TEXT NOT NULL,
    bin         INTEGER NOT NULL,
    count       BIGINT NOT NULL,
    PRIMARY KEY (granularity, bucket_at, name, path, bin)
);

CREATE TABLE IF NOT EXISTS metrics_customers (
    day          DATE NOT NULL,
    path         TEXT NOT NULL,
    customer_key TEXT NOT NULL,
    steps        INTEGER NOT NULL,
    events       BIGINT NOT NULL,
    paid_minor   BIGINT NOT NULL,
    PRIMARY KEY (day, path, customer_key)
);

CREATE TABLE IF NOT EXISTS metrics_terms (
    day   DATE NOT NULL,
    kind  TEXT NOT NULL,
    term  TEXT NOT NULL,
    count BIGINT NOT NULL,
    sum   BIGINT NOT NULL,
    PRIMARY KEY (day, kind, term)
);

CREATE TABLE IF NOT EXISTS metrics_costs (
    day      DATE NOT NULL,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    detail   TEXT NOT NULL,
    count    BIGINT NOT NULL,
    billable BIGINT NOT NULL,
    usd_nano BIGINT NOT NULL,
    PRIMARY KEY (day, kind, key, detail)
);

-- The values that may stand as `dimension`: the first ones that came, so many of a name.
CREATE TABLE IF NOT EXISTS metrics_labels (
    name  TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (name, label)
);

-- The shop's time zone; UTC where system_config has none that PostgreSQL knows.
CREATE OR REPLACE FUNCTION metrics_zone() RETURNS TEXT
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $body$
DECLARE
    zone TEXT;
BEGIN
    SELECT value INTO zone FROM system_config WHERE key = 'timezone';
    PERFORM now() AT TIME ZONE zone;
    RETURN coalesce(zone, 'UTC');
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'UTC';
END
$body$;

-- The shop's calendar date.
CREATE OR REPLACE FUNCTION metrics_today() RETURNS DATE
LANGUAGE sql STABLE
SET search_path FROM CURRENT
RETURN (now() AT TIME ZONE metrics_zone())::date;

COMMENT ON TABLE metrics_projector IS
    'owner: lightweight_metrics. One row: up to which seq of events the tables metrics_... count.';
COMMENT ON TABLE metrics_counts IS
    'owner: lightweight_metrics. Made from events. granularity: m, h, d.';
COMMENT ON TABLE metrics_histogram IS
    'owner: lightweight_metrics. Made from events: durations, in bins of equal relative width (bins.h).';
COMMENT ON TABLE metrics_customers IS
    'owner: lightweight_metrics. Made from events: who took which step of the funnel (bits, aggregate.h).';
COMMENT ON TABLE metrics_terms IS
    'owner: lightweight_metrics. Made from events: what was searched, found or not, put into carts, sold.';
COMMENT ON TABLE metrics_costs IS
    'owner: lightweight_metrics. Made from events: models and WhatsApp messages, in 10^-9 USD.';
COMMENT ON TABLE metrics_labels IS
    'owner: lightweight_metrics. Made from events: further values are counted as "other".';
