-- wrk's part: rotates over requests that were written to a file beforehand, so that choosing
-- one costs an index. The file holds, again and again, a length, a newline, and a raw request.
local requests, count, turn = {}, 0, 0

function init(args)
   local file = assert(io.open(args[1], "rb"))
   for length in function() return file:read("*n") end do
      file:read(1)
      count = count + 1
      requests[count] = file:read(length)
   end
   file:close()
end

function request()
   turn = turn % count + 1
   return requests[turn]
end

-- The same figures as `wrk --latency` prints, unrounded, on one line.
function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      'WRK {"duration_us": %d, "requests": %d, "p50_us": %d, "p99_us": %d, "max_us": %d, ' ..
      '"status_errors": %d, "connect_errors": %d, "read_errors": %d, "write_errors": %d, "timeouts": %d}\n',
      summary.duration, summary.requests,
      latency:percentile(50), latency:percentile(99), latency.max,
      errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
