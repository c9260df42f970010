-- Which identities of WhatsApp are one customer. In a file of its own: filling it
-- reads all customers, and must not do so while holding the locks that changing
-- their columns took.

CREATE TABLE IF NOT EXISTS customer_identities (
    customer_key   VARCHAR(160) PRIMARY KEY,
    wa_id          VARCHAR(20),
    user_id        VARCHAR(140),
    parent_user_id VARCHAR(140),
    -- Set when WhatsApp says that this customer goes by another identity now.
    -- The old row stays, so that a message or a status under way still finds
    -- the customer. No foreign key to customers: the identity arrives with the
    -- first message, the customer's row may come later.
    replaced_by    VARCHAR(160) REFERENCES customer_identities (customer_key)
                       ON UPDATE CASCADE,
    replaced_at    TIMESTAMPTZ,
    created_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    CHECK (replaced_by <> customer_key),
    CHECK (wa_id IS NOT NULL OR user_id IS NOT NULL OR parent_user_id IS NOT NULL)
);

COMMENT ON TABLE customer_identities IS
    'owner: redis_cache_manager_consolidated. What WhatsApp calls a customer, and which customer_key that is.';

-- One living customer for each identity; replaced rows may repeat it.
CREATE UNIQUE INDEX IF NOT EXISTS idx_customer_identities_wa_id
    ON customer_identities (wa_id) WHERE replaced_by IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS idx_customer_identities_user_id
    ON customer_identities (user_id) WHERE replaced_by IS NULL;
CREATE INDEX IF NOT EXISTS idx_customer_identities_parent_user_id
    ON customer_identities (parent_user_id) WHERE parent_user_id IS NOT NULL;

-- Everybody the MVP knew. Customers it adds later are taken in by the owning
-- service with their next message. A number not written as WhatsApp writes it
-- (with +, spaces) is left to that too: guessing could join two people.
INSERT INTO customer_identities (customer_key, wa_id)
SELECT phone, phone
FROM customers
WHERE phone ~ '^[1-9][0-9]{6,14}$'
ON CONFLICT DO NOTHING;
