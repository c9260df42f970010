-- One customer's windows, read, judged and written back in one atomic step.
--
-- KEYS[1]  the record (see record.h for its bytes)
-- ARGV     1 operation: check, shadow, peek, refund, block, reset
--          2 limit a minute   3 a hour   4 a day   5 burst (0: off)
--          6 cost   7 message (5 bytes, or empty)   8 block for (ms; 0 ends a block)
--          9 record to go on from where Redis has none (a Redis that came back empty)
--         10 now in ms; empty: Redis's own clock, the only one all replicas share
--
-- Gives {allowed, counted before, exceeded window, retry after ms, notify, used in a minute,
-- in an hour, in a day, now in ms, record}. windows.c does the same, step by step; a test
-- holds the two together.
local MINUTE_MS, HOUR_S, DAY_MS, DAY_UNIT_MS = 60000, 3600, 86400000, 600000
local WRAP, TOKEN, MESSAGES, MINUTE_MAX = 4294967296, 60000, 16, 1000
local HEAD = '>BI6I6Bc5I4I6HHI4HI5I5I4HI4I4'
local floor, byte, char, sub = math.floor, string.byte, string.char, string.sub
local pack, unpack = struct.pack, struct.unpack

local operation = ARGV[1]
local limits = {tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])}
local burst, cost, message = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local now
if ARGV[10] ~= '' then
  now = tonumber(ARGV[10])
else
  local time = redis.call('TIME')
  now = time[1] * 1000 + floor(time[2] / 1000)
end

-- Read.
local kept = redis.call('GET', KEYS[1])
local raw = kept or ARGV[9]
local version, block, told_until, told_window, told_message, tokens, tokens_at
local minute_count, message_count, hour_count, hour_size, hour_head, hour_tail
local day_count, day_size, day_head, day_tail, at
local minute, messages, hour, day
if #raw >= 63 and byte(raw) == 1 then
  version, block, told_until, told_window, told_message, tokens, tokens_at,
    minute_count, message_count, hour_count, hour_size, hour_head, hour_tail,
    day_count, day_size, day_head, day_tail, at = unpack(HEAD, raw)
  minute = sub(raw, at, at + 4 * minute_count - 1)
  at = at + 4 * minute_count
  messages = sub(raw, at, at + 9 * message_count - 1)
  at = at + 9 * message_count
  hour = sub(raw, at, at + hour_size - 1)
  at = at + hour_size
  day = sub(raw, at, at + day_size - 1)
end
if not day or #raw ~= at + day_size - 1 or operation == 'reset' then
  block, told_until, told_window, told_message = 0, 0, 0, '\0\0\0\0\0'
  tokens, tokens_at = 0, 0
  minute_count, message_count, hour_count, hour_head, hour_tail = 0, 0, 0, 0, 0
  day_count, day_head, day_tail = 0, 0, 0
  minute, messages, hour, day = '', '', '', ''
end

local function age(time)
  local ms = (now - time) % WRAP
  return ms < WRAP / 2 and ms or 0
end

-- The gap that starts at byte i of the hour: seconds, and the byte after it.
local function gap(i)
  local seconds = 0
  while byte(hour, i) == 255 do
    seconds = seconds + 255
    i = i + 1
  end
  return seconds + (byte(hour, i) or 0), i + 1
end

local function add_gap(seconds)
  hour = hour .. string.rep('\255', floor(seconds / 255)) .. char(seconds % 255)
end

-- Forget what has left its window.
local from = 1
while minute_count > 0 and age(unpack('>I4', minute, from)) >= MINUTE_MS do
  from = from + 4
  minute_count = minute_count - 1
end
minute = sub(minute, from)

from = 1
while hour_count > 0 and now >= (hour_head + HOUR_S) * 1000 do
  hour_count = hour_count - 1
  if hour_count > 0 then
    local seconds
    seconds, from = gap(from)
    hour_head = hour_head + seconds
  else
    from = #hour + 1
  end
end
hour = sub(hour, from)

from = 1
while from < #day and now >= day_head * DAY_UNIT_MS + DAY_MS do
  day_count = day_count - byte(day, from + 1)
  from = from + 2
  if from < #day then
    day_head = day_head + byte(day, from)
  end
end
day = sub(day, from)

-- 32 bits of milliseconds come again after 49 days, as at the end of a long block.
if day_count == 0 then
  minute_count, minute, messages = 0, '', ''
end

if burst > 0 then
  local full = burst * TOKEN
  local refill = tokens_at == 0 and full or tokens + (now - tokens_at) * limits[1]
  tokens = math.max(0, math.min(full, refill))
  tokens_at = now
end

local function find_message()
  for i = 1, #messages, 9 do
    if sub(messages, i, i + 4) == message then
      return i
    end
  end
end

-- How long until `needed` of the oldest have left each window.
local function wait_minute(needed)
  if needed > minute_count then
    return MINUTE_MS
  end
  return MINUTE_MS - age(unpack('>I4', minute, 4 * needed - 3))
end

local function wait_hour(needed)
  if needed > hour_count then
    return HOUR_S * 1000
  end
  local second, i, seconds = hour_head, 1, 0
  for _ = 2, needed do
    seconds, i = gap(i)
    second = second + seconds
  end
  return (second + HOUR_S) * 1000 - now
end

local function wait_day(needed)
  local unit, seen = day_head, 0
  for i = 1, #day, 2 do
    if i > 1 then
      unit = unit + byte(day, i)
    end
    seen = seen + byte(day, i + 1)
    if seen >= needed then
      return unit * DAY_UNIT_MS + DAY_MS - now
    end
  end
  return DAY_MS
end

local function judge()
  local window, wait = 0, 0
  local function worse(which, ms)
    if ms > wait then
      window, wait = which, ms
    end
  end
  if burst > 0 then
    local short = cost * TOKEN - tokens
    if short > 0 then
      worse(1, limits[1] > 0 and math.ceil(short / limits[1]) or MINUTE_MS)
    end
  elseif minute_count + cost > limits[1] then
    worse(1, wait_minute(minute_count + cost - limits[1]))
  end
  if hour_count + cost > limits[2] then
    worse(2, wait_hour(hour_count + cost - limits[2]))
  end
  if day_count + cost > limits[3] then
    worse(3, wait_day(day_count + cost - limits[3]))
  end
  if block > now then
    worse(4, block - now)
  end
  return window, wait
end

local function add_day(unit)
  unit = math.max(unit, day_tail)
  if #day == 0 then
    day_head = unit
    day = '\0\1'
  elseif unit == day_tail and byte(day, -1) < 255 then
    day = sub(day, 1, -2) .. char(byte(day, -1) + 1)
  else
    day = day .. char(math.min(255, unit - day_tail)) .. '\1'
  end
  day_tail = unit
  day_count = day_count + 1
end

local function add_hour(second)
  if hour_count == 0 then
    hour_head = second
  else
    second = math.max(second, hour_tail)
    add_gap(second - hour_tail)
  end
  hour_tail = second
  hour_count = hour_count + 1
end

local function count_one()
  if minute_count < MINUTE_MAX then
    minute = minute .. pack('>I4', now % WRAP)
    minute_count = minute_count + 1
  end
  add_hour(floor(now / 1000) + 1)
  add_day(floor(now / DAY_UNIT_MS) + 1)
end

local function remember()
  if message ~= '' then
    messages = messages .. message .. pack('>I4', now % WRAP)
    messages = sub(messages, -9 * MESSAGES)
  end
end

-- Takes one event at TIME (ms) out of each window that still has it.
local function forget_hour(second)
  local seconds, i, at_second, kept = 0, 1, hour_head, {}
  local gone = false
  for n = 1, hour_count do
    if n > 1 then
      seconds, i = gap(i)
      at_second = at_second + seconds
    end
    if not gone and at_second == second then
      gone = true
    else
      kept[#kept + 1] = at_second
    end
  end
  hour, hour_count, hour_head = '', #kept, kept[1] or 0
  for n = 2, #kept do
    add_gap(kept[n] - kept[n - 1])
  end
  hour_tail = kept[#kept] or 0
end

local function forget_day(unit)
  local at_unit = day_head
  for i = 1, #day, 2 do
    if i > 1 then
      at_unit = at_unit + byte(day, i)
    end
    if at_unit == unit and byte(day, i + 1) > 0 then
      day = sub(day, 1, i) .. char(byte(day, i + 1) - 1) .. sub(day, i + 2)
      day_count = day_count - 1
      return
    end
  end
end

local function refund(i)
  local low = unpack('>I4', messages, i + 5)
  local time = now - age(low)
  messages = sub(messages, 1, i - 1) .. sub(messages, i + 9)
  for n = 1, #minute, 4 do
    if unpack('>I4', minute, n) == low then
      minute = sub(minute, 1, n - 1) .. sub(minute, n + 4)
      minute_count = minute_count - 1
      break
    end
  end
  forget_hour(floor(time / 1000) + 1)
  forget_day(floor(time / DAY_UNIT_MS) + 1)
  if burst > 0 then
    tokens = math.min(burst * TOKEN, tokens + TOKEN)
  end
end

-- Whether the customer is to be told: once a window that was exceeded, unless a longer one was
-- told, and again to the very message that was told, since its answer may have been lost. A
-- place that becomes free and is taken again is no news: one notice a window's length.
local LENGTHS_MS = {MINUTE_MS, HOUR_S * 1000, DAY_MS, 0}
local function tell(window, wait)
  local id = message ~= '' and message or '\0\0\0\0\0'
  if told_until > now and told_window >= window then
    return message ~= '' and message == told_message, false
  end
  told_until = now + math.max(wait, LENGTHS_MS[window])
  told_window, told_message = window, id
  return true, true
end

local function save()
  local lives_until = math.max(block, told_until)
  if #day > 0 then
    lives_until = math.max(lives_until, day_tail * DAY_UNIT_MS + DAY_MS)
  end
  -- A reset stays as an empty record, so that no replica's older one comes back.
  lives_until = math.max(lives_until, operation == 'reset' and now + DAY_MS or now + MINUTE_MS)
  -- No write makes a record end before the one it replaces would have: so one that isn't there,
  -- though a replica's is still in force, was lost, and the replica's may stand for it.
  local left = kept and redis.call('PTTL', KEYS[1]) or 0
  lives_until = math.max(lives_until, now + left)
  raw = pack(HEAD, 1, block, told_until, told_window, told_message, tokens, tokens_at,
    minute_count, #messages / 9, hour_count, #hour, hour_head, hour_tail,
    day_count, #day, day_head, day_tail) .. minute .. messages .. hour .. day
  redis.call('SET', KEYS[1], raw, 'PX', lives_until - now)
end

local known = message ~= '' and find_message()
local allowed, notify, window, wait = 1, false, 0, 0
if operation == 'refund' then
  allowed = known and 1 or 0
  if known then
    refund(known)
    save()
  end
elseif operation == 'reset' then
  save()
elseif operation == 'block' then
  block = ARGV[8] ~= '0' and now + tonumber(ARGV[8]) or 0
  if told_window == 4 then
    told_until, told_window, told_message = 0, 0, '\0\0\0\0\0'
  end
  save()
elseif operation == 'peek' then
  window, wait = judge()
  allowed = window == 0 and 1 or 0
elseif not known then
  window, wait = judge()
  if window == 0 then
    for _ = 1, cost do
      count_one()
    end
    remember()
    tokens = burst > 0 and tokens - cost * TOKEN or tokens
    save()
  elseif operation == 'shadow' then
    allowed = 0
  else
    local changed
    allowed = 0
    notify, changed = tell(window, wait)
    if changed then
      save()
    end
  end
end
return {allowed, known and 1 or 0, window, wait, notify and 1 or 0,
  minute_count, hour_count, day_count, now, raw}
