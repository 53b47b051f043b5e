-- claim gives a worker jobs, in its lane: a hash number -> entry that nobody else
-- takes from while its lease runs. With none asked for it is the worker's heartbeat.
-- Whoever claims also moves the clock: jobs that are due, lanes whose worker died,
-- results whose time is over. So there is no scheduler.
--
-- ARGV: lane, number of the first job, how many, lease in ms, '1' if the lane is
--   new, since when to tell aborts, most dead letters, '1' to tidy
-- Answers the time, 'ok', 'paused' or 'lost', ms until there is something to tidy (-1
--   never, -2 not looked), the ids to abort, and the jobs: "p<id> <envelope>" or
--   "r<tries> <id> <envelope>".
local lane, first, want, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[7]
local held, hand = prefix .. 'lane:' .. lane, prefix .. 'hand:' .. lane

-- back returns what lies in a lane's hand, or in the lane itself, to the head.
local function back(list)
  while true do
    local entry = redis.call('RPOP', list)
    if not entry then return end
    redis.call('LPUSH', ready, entry)
  end
end

if ARGV[5] == '0' and fallen(lane) then
  back(hand)
  return {now(), 'lost', -2, {}, {}}
end
if ARGV[5] == '1' or ARGV[8] == '1' then redis.call('ZADD', lease, now() + ARGV[4], lane) end

-- tidy sees to what has come to its time, and when there will be more.
local wait = -2
local function tidy()
  -- Lanes whose lease ran out fall: what they held goes to others. A score of 0
  -- refuses their worker, should it come back while there is still something left.
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', lease, '-inf', now(), 'LIMIT', 0, 2)) do
    redis.call('ZADD', lease, 0, other)
    back(prefix .. 'hand:' .. other)
    local key = prefix .. 'lane:' .. other
    redis.call('HDEL', key, 'next')
    local numbers = redis.call('HKEYS', key)
    table.sort(numbers, function(a, b) return tonumber(a) > tonumber(b) end)
    for i = 1, math.min(#numbers, 200) do
      local id, tries, text = record(redis.call('HGET', key, numbers[i]))
      redis.call('HDEL', key, numbers[i])
      local envelope = redis.call('HGET', job, id)
      if envelope and tries >= (tonumber(string.match(envelope, '^%d+')) or 1) then
        bury(id, tries, 'its worker died', most)
      elseif envelope then
        redis.call('HSET', state, id, 'q' .. tries .. text)
        redis.call('LPUSH', ready, 'r' .. id)
      end
    end
    count('lost', math.min(#numbers, 200))
    if #numbers <= 200 then redis.call('ZREM', lease, other) end
  end

  -- What is due gets ready.
  local ids = redis.call('ZRANGEBYSCORE', due, '-inf', now(), 'LIMIT', 0, 200)
  for i, id in ipairs(ids) do
    redis.call('ZREM', due, id)
    redis.call('HSET', state, id, 'q' .. string.sub(redis.call('HGET', state, id) or 'd0', 2))
    redis.call('RPUSH', ready, 'r' .. id)
  end

  -- Results whose time is over go, as fast as new ones come.
  local seconds = redis.call('ZRANGEBYSCORE', exp, '-inf', math.floor(now() / 1000), 'LIMIT', 0, 1)
  if seconds[1] then
    local old = redis.call('LPOP', prefix .. 'exp:' .. seconds[1], 1000)
    if old then redis.call('HDEL', done, unpack(old)) else redis.call('ZREM', exp, seconds[1]) end
  end

  wait = seconds[1] and 0 or -1
  for _, key in ipairs({due, lease}) do
    local head = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if head[1] then
      local ms = math.max(0, head[2] - now())
      if wait < 0 or ms < wait then wait = ms end
    end
  end
end
if ARGV[8] == '1' then tidy() end

local aborts = {}
if redis.call('EXISTS', abort, paused) > 0 then
  aborts = redis.call('ZRANGEBYSCORE', abort, ARGV[6], '+inf')
  if want > 0 and redis.call('EXISTS', paused) == 1 then
    back(hand)
    return {now(), 'paused', wait, aborts, {}}
  end
end

-- A claim that is made again, for its answer was lost, gets the same jobs; one
-- that was overtaken on its way gets none.
local reached = tonumber(redis.call('HGET', held, 'next') or first)
if want > 0 and first < reached then
  local items = {}
  for number = first, reached - 1 do
    local entry = redis.call('HGET', held, number)
    if entry and string.sub(entry, 1, 1) == 'r' then
      local id, tries = record(entry)
      entry = 'r' .. tries .. ' ' .. id .. ' ' .. (redis.call('HGET', job, id) or '')
    end
    if entry then items[#items + 1] = entry end
  end
  back(hand)
  return {now(), 'ok', wait, aborts, items}
end

-- Take what the hand holds, then what is ready.
local items, took, number = {}, {}, first
local function take(entry)
  local kind = string.sub(entry, 1, 1)
  if kind == 'p' then -- plain
    items[#items + 1] = entry
  elseif kind == 'r' then -- it has a record
    local id = string.sub(entry, 2)
    local envelope = redis.call('HGET', job, id)
    local was, tries, text = string.match(redis.call('HGET', state, id) or 'q0', '^(.)(%d+)(.*)$')
    if not envelope or was ~= 'q' then return end -- aborted while it waited
    redis.call('HSET', state, id, 'r' .. (tries + 1) .. text)
    items[#items + 1] = 'r' .. (tries + 1) .. ' ' .. id .. ' ' .. envelope
  elseif kind == 'w' then -- a nudge
    return tidy()
  else
    local id = 'unreadable-' .. redis.sha1hex(entry)
    redis.call('HSET', job, id, '1 0 0 0 0 - ?\n' .. entry)
    return bury(id, 0, 'the entry cannot be read', most)
  end
  took[#took + 1] = string.format('%d', number)
  took[#took + 1] = entry
  number = number + 1
end

local size = 0
while number - first < want and size < 16777216 do
  local entries = {redis.call('LPOP', hand)}
  if not entries[1] then entries = redis.call('LPOP', ready, math.min(want - (number - first), 100)) end
  if not entries then break end
  for _, entry in ipairs(entries) do
    size = size + #entry
    take(entry)
  end
end
if #took > 0 then redis.call('HSET', held, 'next', string.format('%-80d', number), unpack(took)) end
return {now(), 'ok', wait, aborts, items}
