-- What the sweep of payments goes by. A payment is visited while it has a next_ask_at,
-- whatever its status: an old link may still be paid.

ALTER TABLE payments
    ADD COLUMN IF NOT EXISTS told      TEXT,         -- of the last that isn't money: pending, failed, mismatch ...
    ADD COLUMN IF NOT EXISTS closed_at TIMESTAMPTZ,  -- the link, at the gateway
    -- Paid beside the one that paid the order: what becomes of it is none of the order's.
    ADD COLUMN IF NOT EXISTS is_surplus BOOLEAN NOT NULL DEFAULT false;

CREATE UNIQUE INDEX IF NOT EXISTS idx_payments_capture ON payments (gateway, capture_id)
    WHERE capture_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_payments_due ON payments (next_ask_at)
    WHERE next_ask_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_payments_order ON payments (order_id);
CREATE INDEX IF NOT EXISTS idx_refunds_due ON refunds (next_try_at) WHERE status = 'asked';
CREATE INDEX IF NOT EXISTS idx_refunds_payment ON refunds (payment_id);

ALTER TABLE payment_inbox
    ADD COLUMN IF NOT EXISTS is_dispute BOOLEAN NOT NULL DEFAULT false,
    -- false: of a kind that the gateway never signs; anybody may have sent it.
    ADD COLUMN IF NOT EXISTS is_signed  BOOLEAN NOT NULL DEFAULT true;

COMMENT ON COLUMN refunds.status IS
    'asked, done, failed, manual (no gateway can do it: a person has to)';
COMMENT ON COLUMN payments.asked_at IS 'when the gateway last said how it is';

-- An order's hold is over when its time is and the gateway has said since that nothing
-- was paid; where it can't say for half an hour, without.
CREATE OR REPLACE FUNCTION order_hold_is_over(p_order INTEGER, p_held_until TIMESTAMPTZ)
RETURNS BOOLEAN LANGUAGE sql STABLE AS $body$
    SELECT p_held_until < NOW() AND NOT EXISTS (
        SELECT FROM payments AS payment
        WHERE payment.order_id = p_order AND payment.status IN ('created', 'pending')
          AND payment.next_ask_at IS NOT NULL
          AND COALESCE(payment.asked_at < p_held_until, true)
          AND p_held_until > NOW() - INTERVAL '30 minutes')
$body$;
