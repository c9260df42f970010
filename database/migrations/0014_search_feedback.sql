-- What came of a search: shown, looked at, put into the cart, bought. The search learns
-- from it. No foreign key: what a customer meant by a word outlives a product's row.

CREATE TABLE IF NOT EXISTS search_feedback (
    feedback_id   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid           XID8 NOT NULL DEFAULT pg_current_xact_id(),
    call_key      VARCHAR(64) NOT NULL UNIQUE,
    query         VARCHAR(1000) NOT NULL,
    product_id    INTEGER NOT NULL,
    category_id   INTEGER,
    action        VARCHAR(10) NOT NULL
        CHECK (action IN ('shown', 'click', 'add', 'purchase')),
    customer_hash VARCHAR(32),
    created_at    TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

CREATE INDEX IF NOT EXISTS idx_search_feedback_xid ON search_feedback (xid, feedback_id);

-- What a customer does again on the same day teaches nothing more.
CREATE INDEX IF NOT EXISTS idx_search_feedback_customer
    ON search_feedback (customer_hash, product_id)
    WHERE customer_hash IS NOT NULL;

COMMENT ON TABLE search_feedback IS
    'owner: ultra_optimized_product_search, which prunes it. Each call once, by call_key; customers only as a hash.';

-- What is asked for, above all what isn't found.
CREATE TABLE IF NOT EXISTS search_log (
    search_id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    query         VARCHAR(200) NOT NULL,
    total         INTEGER NOT NULL,
    relaxed       BOOLEAN NOT NULL,
    took_us       INTEGER NOT NULL,
    source        VARCHAR(10) NOT NULL,
    customer_hash VARCHAR(32),
    created_at    TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

COMMENT ON TABLE search_log IS
    'owner: ultra_optimized_product_search, which writes it in batches, drops rows rather than wait, and prunes it. total 0: nothing was found.';
