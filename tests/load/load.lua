-- wrk's part: rotates over requests that were written to a file beforehand, so that choosing
-- one costs an index. The file holds, again and again, a length, a newline, and a raw request.
-- A request may hold the mark @@@@@, in whose place each sending puts other five characters,
-- the same wherever it stands.
local MARK = "@@@@@"
local heads, tails, pieces, count, turn, sent = {}, {}, {}, 0, 0, 0

-- What is between the marks of TEXT, where it has more than one.
local function split(text)
   local parts, at = {}, 1
   for from, to in function() return text:find(MARK, at, true) end do
      parts[#parts + 1] = text:sub(at, from - 1)
      at = to + 1
   end
   parts[#parts + 1] = text:sub(at)
   return #parts > 2 and parts or nil
end

function init(args)
   local file = assert(io.open(args[1], "rb"))
   for length in function() return file:read("*n") end do
      file:read(1)
      local raw = file:read(length)
      local from, to = raw:find(MARK, 1, true)
      count = count + 1
      heads[count] = from and raw:sub(1, from - 1) or raw
      tails[count] = from and raw:sub(to + 1)
      pieces[count] = split(raw)
   end
   file:close()
   -- Where the last run was is not where this one begins.
   local seed = tonumber(args[2]) or 0
   turn, sent = seed % count, seed
end

function request()
   turn = turn % count + 1
   local tail = tails[turn]
   if not tail then
      return heads[turn]
   end
   sent = sent + 1
   if pieces[turn] then
      return table.concat(pieces[turn], string.format("%05x", sent % 0x100000))
   end
   return heads[turn] .. string.format("%05x", sent % 0x100000) .. tail
end

-- The same figures as `wrk --latency` prints, unrounded, on one line.
function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      'WRK {"duration_us": %d, "requests": %d, "p50_us": %d, "p95_us": %d, "p99_us": %d, "max_us": %d, ' ..
      '"status_errors": %d, "connect_errors": %d, "read_errors": %d, "write_errors": %d, "timeouts": %d}\n',
      summary.duration, summary.requests,
      latency:percentile(50), latency:percentile(95), latency:percentile(99), latency.max,
      errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
