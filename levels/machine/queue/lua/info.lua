-- info tells how a queue stands. It changes nothing.
-- Answers the time, how many jobs are ready, running, deferred, dead and kept, how
-- many workers live, 1 if it is paused, since when the first ready job has been in
-- the queue in ms (-1 if that is unknown), and the counters by their names.

-- running returns how many jobs lie in lanes, and how many on the way into one.
local function running()
  local jobs, handed = 0, 0
  for _, lane in ipairs(redis.call('ZRANGE', lease, 0, -1)) do
    for _, hash in ipairs({'lane:', 'fell:'}) do
      for _, field in ipairs(redis.call('HKEYS', prefix .. hash .. lane)) do
        if tonumber(field) then
          local batch = prefix .. 'lane:' .. lane .. ':' .. field
          jobs = jobs + redis.call('LLEN', batch) - #redis.call('LPOS', batch, '', 'COUNT', 0)
        end
      end
    end
  end
  for _, key in ipairs({lease, late}) do
    for _, lane in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      for _, entry in ipairs(redis.call('LRANGE', prefix .. 'hand:' .. lane, 0, -1)) do
        if entry ~= 'w' then handed = handed + 1 end
      end
    end
  end
  return jobs, handed
end

-- workers returns how many there are whose lease runs: second lanes do not count.
local function workers()
  local n = 0
  for _, lane in ipairs(redis.call('ZRANGEBYSCORE', lease, string.format('(%d', now()), '+inf')) do
    if string.sub(lane, -1) ~= '+' then n = n + 1 end
  end
  return n
end

-- oldest returns the age of the first job in ready. Entries of jobs that were
-- aborted while they waited are passed over, as far as a look at Redis may take.
local function oldest()
  for i = 0, 99 do
    local entry = redis.call('LINDEX', ready, i)
    if not entry then return -1 end
    local envelope
    if string.sub(entry, 1, 1) == 'p' then
      envelope = select(2, split(entry))
    else
      envelope = redis.call('HGET', job, string.sub(entry, 2))
    end
    local at = string.match(envelope or '', '^%S+ %S+ %S+ %S+ ([1-9]%d*) ')
    if at then return math.max(0, now() - at) end
  end
  return -1
end

local jobs, handed = running()
local waiting = redis.call('LLEN', ready) + handed
if redis.call('LINDEX', ready, 0) == 'w' then waiting = waiting - 1 end
return {
  now(), waiting, jobs, redis.call('ZCARD', due), redis.call('ZCARD', dead),
  redis.call('HLEN', done) + (redis.call('GET', prefix .. 'kept') or 0),
  workers(), redis.call('EXISTS', paused),
  oldest(), redis.call('HGETALL', stat),
}
