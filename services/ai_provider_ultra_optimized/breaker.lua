-- KEYS: the breaker, its status, its failures, of one provider.
-- Without ARGV a look; else, where the breaker is still ARGV[1], it becomes ARGV[2], with
-- status ARGV[3], failures ARGV[4], for ARGV[5] seconds.
-- Returns {whether it was changed, what it is now, the time in milliseconds}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local breaker = redis.call('GET', KEYS[1]) or ''

-- Somebody has set the status to ok by hand: closed.
if string.sub(breaker, 1, 1) ~= '0' and redis.call('GET', KEYS[2]) == 'ok' then
    breaker = ''
end
if #ARGV == 0 or breaker ~= ARGV[1] then
    return {0, breaker, now}
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[5])
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[5])
redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[5])
return {1, ARGV[2], now}
