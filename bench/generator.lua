-- wrk as a bare load generator: creates each account, and has its e-mail sent as soon as the account's id is known.
-- One thread only: what is to be done next is a queue that its connections share.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int clock, moment *at);")
local MONOTONIC, PARKED_MS = 1, 3600 * 1000

local users = os.getenv("BENCH_USERS_PATH")
local mail_query = os.getenv("BENCH_MAIL_QUERY")
local actions = os.getenv("BENCH_ACTIONS")
local headers = {
  ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN"),
  ["Content-Type"] = "application/json",
}

local bodies, created, ids, ready, mailed = {}, 0, {}, {}, 0
local rehearsed, started = false, nil

local function now()
  local at = ffi.new("moment")
  ffi.C.clock_gettime(MONOTONIC, at)
  return tonumber(at.seconds) + tonumber(at.nanoseconds) / 1e9
end

local function leave(status, words)
  io.stdout:write(words, "\n")
  io.stdout:flush()
  os.exit(status)
end

function init(_arguments)
  for line in io.lines(os.getenv("BENCH_BODIES")) do
    bodies[#bodies + 1] = line
  end
end

local function next_request()
  local id = table.remove(ids)
  if id then
    return wrk.format("PUT", users .. "/" .. id .. "/execute-actions-email?" .. mail_query, headers, actions)
  end
  if created < #bodies then
    created = created + 1
    return wrk.format("POST", users, headers, bodies[created])
  end
end

-- wrk calls `delay` and then `request` for each request of a connection, other connections' in between: what is to
-- be sent is taken in the first. A connection that finds nothing waits for the end: each account under way has one
-- of its own.
function delay()
  local taken = next_request()
  if not taken then
    return PARKED_MS
  end
  ready[#ready + 1] = taken
  return 0
end

function request()
  if not rehearsed then
    -- wrk asks for one request before it starts, and does not send it.
    rehearsed = true
    return wrk.format("GET", users, headers)
  end
  started = started or now()
  return table.remove(ready)
end

function response(status, answered, body)
  if status == 201 then
    local location = answered["Location"] or answered["location"]
    ids[#ids + 1] = location:match("[^/]+$")
  elseif status == 204 then
    mailed = mailed + 1
    if mailed == #bodies then
      leave(0, string.format("seconds %.6f", now() - started))
    end
  else
    leave(1, "Keycloak answered " .. status .. ": " .. body)
  end
end
