-- wrk sends each request of a file once, and prints the seconds, the answers by status, the ids of what was made.
-- A line is `METHOD<tab>PATH<tab>BODY`. One thread only: its connections share the queue.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int clock, moment *at);")
local MONOTONIC, PARKED_MS = 1, 3600 * 1000

local headers = {
  ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN"),
  ["Content-Type"] = "application/json",
}
local waiting, ready, statuses, made = {}, {}, {}, {}
local sent, answered = 0, 0
local rehearsed, started = false, nil

local function now()
  local at = ffi.new("moment")
  ffi.C.clock_gettime(MONOTONIC, at)
  return tonumber(at.seconds) + tonumber(at.nanoseconds) / 1e9
end

function init(_arguments)
  for line in io.lines(os.getenv("BENCH_REQUESTS")) do
    waiting[#waiting + 1] = { line:match("^(%u+)\t([^\t]+)\t(.*)$") }
  end
end

-- wrk calls `delay` and then `request` for each request of a connection, other connections' in between: what is to
-- be sent is taken in the first. A connection that finds nothing waits for the end.
function delay()
  if sent == #waiting then
    return PARKED_MS
  end
  sent = sent + 1
  local method, path, body = unpack(waiting[sent])
  ready[#ready + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  return 0
end

function request()
  if not rehearsed then
    -- wrk asks for one request before it starts, and does not send it.
    rehearsed = true
    return wrk.format("GET", "/", headers)
  end
  started = started or now()
  return table.remove(ready)
end

function response(status, answers)
  statuses[#statuses + 1] = status
  answered = answered + 1
  if status == 201 then
    made[#made + 1] = (answers["Location"] or answers["location"]):match("[^/]+$")
  end
  if answered == #waiting then
    local seconds = now() - started
    io.stdout:write("\n", seconds, "\n", table.concat(statuses, " "), "\n", table.concat(made, " "), "\n")
    io.stdout:flush()
    os.exit(0)
  end
end
