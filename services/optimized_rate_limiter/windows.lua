-- One customer's windows, read, judged and written back in one atomic step.
--
-- KEYS[1]  the record (see record.h for its bytes)
-- ARGV[1]  the request in one piece, since each argument costs Redis and Lua as much as some
--          lines here: operation (1 byte, as below), limit a minute (2), a hour (4), a day (4),
--          burst (4; 0: off), cost (1), block for (8, ms; 0 ends a block), now (8, ms; 0:
--          Redis's own clock, the only one all replicas share), message (5, or none)
-- ARGV[2]  record to go on from where Redis has none (a Redis that came back empty)
--
-- Functions are made anew in each call, so that there are few, and those only where needed.
--
-- Gives, again in one piece, allowed (1), counted before (1), exceeded window (1), notify (1),
-- retry after (8, ms), used in a minute (4), in an hour (4), in a day (4), now (8, ms), and the
-- record. windows.c does the same, step by step; a test holds the two together.
local CHECK, SHADOW, PEEK, REFUND, BLOCK, RESET = 0, 1, 2, 3, 4, 5
local MINUTE_MS, HOUR_S, DAY_MS, DAY_UNIT_MS = 60000, 3600, 86400000, 600000
local WRAP, TOKEN, MESSAGES, MINUTE_MAX = 4294967296, 60000, 16, 1000
local NOBODY = '\0\0\0\0\0'
local HEAD = '>BI6I6Bc5I4I6HHI4HI5I5I4HI4I4'
local floor, byte, char, sub = math.floor, string.byte, string.char, string.sub
local pack, unpack = struct.pack, struct.unpack

local operation, minute_limit, hour_limit, day_limit, burst, cost, block_for, now, at =
  unpack('>BHI4I4I4BI8I8', ARGV[1])
local message = sub(ARGV[1], at)
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + floor(time[2] / 1000)
end

-- Read.
local kept = redis.call('GET', KEYS[1])
local raw = kept or ARGV[2]
local version, block, told_until, told_window, told_message, tokens, tokens_at
local minute_count, message_count, hour_count, hour_size, hour_head, hour_tail
local day_count, day_size, day_head, day_tail
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
if not day or #raw ~= at + day_size - 1 or operation == RESET then
  block, told_until, told_window, told_message = 0, 0, 0, NOBODY
  tokens, tokens_at = 0, 0
  minute_count, message_count, hour_count, hour_head, hour_tail = 0, 0, 0, 0, 0
  day_count, day_head, day_tail = 0, 0, 0
  minute, messages, hour, day = '', '', '', ''
end

-- The gap that starts at byte i of the hour: seconds, and the byte after it.
local gap
local hour_leaves = hour_count > 0 and now >= (hour_head + HOUR_S) * 1000
if hour_leaves or hour_count + cost > hour_limit or operation == REFUND then
  gap = function(i)
    local seconds = 0
    while byte(hour, i) == 255 do
      seconds = seconds + 255
      i = i + 1
    end
    return seconds + (byte(hour, i) or 0), i + 1
  end
end

-- Forget what has left its window. Of a time that is kept by its low 32 bits, an age of more
-- than half of what they hold is one to come: the clock went back.
local from = 1
while minute_count > 0 do
  local age = (now - unpack('>I4', minute, from)) % WRAP
  if age < MINUTE_MS or age >= WRAP / 2 then
    break
  end
  from = from + 4
  minute_count = minute_count - 1
end
if from > 1 then
  minute = sub(minute, from)
end

if hour_leaves then
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
end

from = 1
while from < #day and now >= day_head * DAY_UNIT_MS + DAY_MS do
  day_count = day_count - byte(day, from + 1)
  from = from + 2
  if from < #day then
    day_head = day_head + byte(day, from)
  end
end
if from > 1 then
  day = sub(day, from)
end

-- 32 bits of milliseconds come again after 49 days, as at the end of a long block.
if day_count == 0 then
  minute_count, minute, messages = 0, '', ''
end

if burst > 0 then
  local full = burst * TOKEN
  local refill = tokens_at == 0 and full or tokens + (now - tokens_at) * minute_limit
  tokens = math.max(0, math.min(full, refill))
  tokens_at = now
end

local known = false
if message ~= '' and operation ~= PEEK then
  -- Where it stands by chance across two entries it is no message.
  known = string.find(messages, message, 1, true)
  while known and known % 9 ~= 1 do
    known = string.find(messages, message, known + 1, true)
  end
end

-- Judge. The window that is exceeded for the longest tells how long to wait.
local checks = (operation == CHECK or operation == SHADOW) and not known
local window, wait = 0, 0
if checks or operation == PEEK then
  -- How many of the oldest have to leave each window.
  local over_minute = minute_count + cost - minute_limit
  local over_hour = hour_count + cost - hour_limit
  local over_day = day_count + cost - day_limit
  if burst > 0 then
    local short = cost * TOKEN - tokens
    if short > 0 then
      window, wait = 1, minute_limit > 0 and math.ceil(short / minute_limit) or MINUTE_MS
    end
  elseif over_minute > minute_count then
    window, wait = 1, MINUTE_MS
  elseif over_minute > 0 then
    local age = (now - unpack('>I4', minute, 4 * over_minute - 3)) % WRAP
    local left = MINUTE_MS - (age < WRAP / 2 and age or 0)
    -- A clock that went back leaves some that are older than the first.
    if left > 0 then
      window, wait = 1, left
    end
  end
  if over_hour > hour_count then
    if HOUR_S * 1000 > wait then
      window, wait = 2, HOUR_S * 1000
    end
  elseif over_hour > 0 then
    local second, i, seconds = hour_head, 1, 0
    for _ = 2, over_hour do
      seconds, i = gap(i)
      second = second + seconds
    end
    local left = (second + HOUR_S) * 1000 - now
    if left > wait then
      window, wait = 2, left
    end
  end
  if over_day > 0 then
    local left = DAY_MS
    if over_day <= day_count then
      local unit, seen, i = day_head, byte(day, 2), 1
      while seen < over_day do
        i = i + 2
        unit = unit + byte(day, i)
        seen = seen + byte(day, i + 1)
      end
      left = unit * DAY_UNIT_MS + DAY_MS - now
    end
    if left > wait then
      window, wait = 3, left
    end
  end
  if block - now > wait then
    window, wait = 4, block - now
  end
end

local allowed, notify, changed = 1, 0, false
if operation == RESET then
  changed = true
elseif operation == BLOCK then
  block = block_for > 0 and now + block_for or 0
  if told_window == 4 then
    told_until, told_window, told_message = 0, 0, NOBODY
  end
  changed = true
elseif operation == REFUND then
  allowed = known and 1 or 0
  changed = known
elseif window ~= 0 then
  allowed = 0
elseif checks then
  changed = true
end

if checks and window == 0 then
  -- Count.
  local second, unit = floor(now / 1000) + 1, floor(now / DAY_UNIT_MS) + 1
  local stamp = pack('>I4', now % WRAP)
  for _ = 1, cost do
    if minute_count < MINUTE_MAX then
      minute = minute .. stamp
      minute_count = minute_count + 1
    end
    if hour_count == 0 then
      hour_head, hour_tail = second, second
    elseif second <= hour_tail then
      hour = hour .. '\0'
    else
      local seconds = second - hour_tail
      if seconds >= 255 then
        hour = hour .. string.rep('\255', floor(seconds / 255))
      end
      hour = hour .. char(seconds % 255)
      hour_tail = second
    end
    hour_count = hour_count + 1
    if #day == 0 then
      day_head, day_tail = math.max(unit, day_tail), math.max(unit, day_tail)
      day = '\0\1'
    elseif unit <= day_tail and byte(day, -1) < 255 then
      day = sub(day, 1, -2) .. char(byte(day, -1) + 1)
    else
      unit = math.max(unit, day_tail)
      day = day .. char(math.min(255, unit - day_tail)) .. '\1'
      day_tail = unit
    end
    day_count = day_count + 1
  end
  tokens = burst > 0 and tokens - cost * TOKEN or tokens
  if message ~= '' then
    messages = messages .. message .. stamp
    if #messages > 9 * MESSAGES then
      messages = sub(messages, -9 * MESSAGES)
    end
  end
elseif checks and operation == CHECK then
  -- Whether the customer is to be told: once a window that was exceeded, unless a longer one
  -- was told, and again to the very message that was told, since its answer may have been lost.
  -- A place that becomes free and is taken again is no news: one notice a window's length.
  if told_until <= now or told_window < window then
    local lengths_ms = {MINUTE_MS, HOUR_S * 1000, DAY_MS, 0}
    told_until, told_window = now + math.max(wait, lengths_ms[window]), window
    told_message = message ~= '' and message or NOBODY
    notify, changed = 1, true
  elseif message ~= '' and message == told_message then
    notify = 1
  end
elseif operation == REFUND and known then
  -- Take one event at its time out of each window that still has it.
  local low = unpack('>I4', messages, known + 5)
  local age = (now - low) % WRAP
  local time = now - (age < WRAP / 2 and age or 0)
  messages = sub(messages, 1, known - 1) .. sub(messages, known + 9)
  for n = 1, #minute, 4 do
    if unpack('>I4', minute, n) == low then
      minute = sub(minute, 1, n - 1) .. sub(minute, n + 4)
      minute_count = minute_count - 1
      break
    end
  end

  local gone_second, second, i, kept_s, gone = floor(time / 1000) + 1, hour_head, 1, {}, false
  local seconds
  for n = 1, hour_count do
    if n > 1 then
      seconds, i = gap(i)
      second = second + seconds
    end
    if not gone and second == gone_second then
      gone = true
    else
      kept_s[#kept_s + 1] = second
    end
  end
  hour, hour_count = '', #kept_s
  hour_head, hour_tail = kept_s[1] or 0, kept_s[#kept_s] or 0
  for n = 2, #kept_s do
    seconds = kept_s[n] - kept_s[n - 1]
    hour = hour .. string.rep('\255', floor(seconds / 255)) .. char(seconds % 255)
  end

  local gone_unit, unit = floor(time / DAY_UNIT_MS) + 1, day_head
  for n = 1, #day, 2 do
    if n > 1 then
      unit = unit + byte(day, n)
    end
    if unit == gone_unit and byte(day, n + 1) > 0 then
      day = sub(day, 1, n) .. char(byte(day, n + 1) - 1) .. sub(day, n + 2)
      day_count = day_count - 1
      break
    end
  end
  if burst > 0 then
    tokens = math.min(burst * TOKEN, tokens + TOKEN)
  end
end

-- Write.
if changed then
  local lives_until = math.max(block, told_until)
  if #day > 0 then
    lives_until = math.max(lives_until, day_tail * DAY_UNIT_MS + DAY_MS)
  end
  -- A reset stays as an empty record, so that no replica's older one comes back. And no write
  -- makes a record end before the one it replaces would have: so one that isn't there, though a
  -- replica's is still in force, was lost, and the replica's may stand for it.
  lives_until = math.max(lives_until, operation == RESET and now + DAY_MS or now + MINUTE_MS)
  if kept then
    lives_until = math.max(lives_until, now + redis.call('PTTL', KEYS[1]))
  end
  raw = pack(HEAD, 1, block, told_until, told_window, told_message, tokens, tokens_at,
    minute_count, #messages / 9, hour_count, #hour, hour_head, hour_tail,
    day_count, #day, day_head, day_tail) .. minute .. messages .. hour .. day
  redis.call('SET', KEYS[1], raw, 'PX', lives_until - now)
end
return pack('>BBBBI8I4I4I4I8', allowed, known and 1 or 0, window, notify, wait, minute_count,
  hour_count, day_count, now) .. raw
