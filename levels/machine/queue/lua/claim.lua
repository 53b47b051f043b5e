-- claim gives a worker a batch of jobs, which lie in its lane: nobody else takes
-- from there while its lease runs. With none asked for it is the worker's heartbeat.
-- Whoever claims also sees to what has come to its time: jobs that are due, lanes
-- whose worker died, results to forget. So there is no scheduler.
--
-- ARGV: lane, number of the batch, how many, lease in ms, '1' if the lane is new,
--   since when to tell aborts, most dead letters, '1' to tidy
-- Answers the time (0 if it was not asked for), 'ok', 'paused' or 'lost', ms until there is something to tidy (-1
--   never, -2 not looked), the ids to abort, and the jobs: "p<id> <envelope>" or
--   "r<tries> <id> <envelope>".
local lane, number, want, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[7]
local held = prefix .. 'lane:' .. lane
drain()

if ARGV[5] == '1' then
  redis.call('HSETNX', held, 'next', ARGV[2])
  redis.call('PERSIST', stat)
end
local reached = tonumber(redis.call('HGET', held, 'next') or nil)
if not reached then
  back(lane)
  return {now(), 'lost', -2, {}, {}}
end
-- sweep forgets up to so many of the outcomes of a second: ids, and groups, whose first bag
-- is the oldest one.
local function sweep(second, most)
  local old, ids, bags = redis.call('LPOP', prefix .. 'exp:' .. second, most), {}, 0
  if not old then return redis.call('ZREM', exp, second) end
  for _, entry in ipairs(old) do
    if string.sub(entry, 1, 2) ~= '~~' then
      ids[#ids + 1] = entry
    else
      local bag = redis.call('LPOP', prefix .. 'kept:' .. string.sub(entry, 2))
      bags = bags + (string.match(bag or '', '^%d+') or 0)
    end
  end
  if #ids > 0 then redis.call('HDEL', done, unpack(ids)) end
  if bags > 0 and redis.call('INCRBY', prefix .. 'kept', -bags) <= 0 then redis.call('DEL', prefix .. 'kept') end
end

local wait = -2
local function tidy()
  redis.call('ZADD', lease, now() + ARGV[4], lane) -- before anything falls: it must not be this one

  -- What lanes are handed whose workers parked late goes to others, for as long as a
  -- command may block.
  local gone = redis.call('ZRANGE', late, 0, 9, 'WITHSCORES')
  for i = 1, #gone, 2 do
    back(gone[i])
    if gone[i + 1] * 1000 + 10000 < now() then redis.call('ZREM', late, gone[i]) end
  end

  -- Lanes whose lease ran out fall: what they held goes to others.
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', lease, '-inf', now(), 'LIMIT', 0, 2)) do
    local fell = prefix .. 'fell:' .. other
    if redis.call('EXISTS', prefix .. 'lane:' .. other) == 1 then redis.call('RENAME', prefix .. 'lane:' .. other, fell) end
    back(other)
    local n = spill(fell, other, 200, function(entry)
      local id, tries, text = record(entry)
      local envelope = redis.call('HGET', job, id)
      if envelope and unwanted(id, envelope) then return end
      if envelope and tries >= (tonumber(string.match(envelope, '^%d+')) or 1) then
        bury(id, tries, 'its worker died', most)
      elseif envelope then
        redis.call('HSET', state, id, 'q' .. tries .. text)
        redis.call('LPUSH', ready, 'r' .. id)
      end
    end)
    count('lost', n)
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
  if seconds[1] then sweep(seconds[1], 1000) end

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
    back(lane)
    return {clock or 0, 'paused', wait, aborts, {}}
  end
end

-- item is what the worker gets of an entry that has a record.
local function item(id, tries)
  return 'r' .. tries .. ' ' .. id .. ' ' .. (redis.call('HGET', job, id) or '')
end

-- A claim that is made again, for its answer was lost, gets the same jobs; one
-- that was overtaken on its way gets what nobody reads.
if want > 0 and number < reached then
  local items = redis.call('LRANGE', held .. ':' .. ARGV[2], 0, -1)
  for i, entry in ipairs(items) do
    if string.sub(entry, 1, 1) == 'r' then items[i] = item(record(entry)) end
  end
  back(lane)
  return {clock or 0, 'ok', wait, aborts, items}
end

-- Take what the hand holds, then what is ready. take returns how many bytes an
-- item has more than its entry.
local entries, items = {}, {}
local function take(entry)
  local kind = string.sub(entry, 1, 1)
  if kind == 'p' then -- plain
    items[#items + 1] = entry
  elseif kind == 'r' then -- it has a record
    local id = string.sub(entry, 2)
    local was, tries, text = string.match(redis.call('HGET', state, id) or 'q0', '^(.)(%d+)(.*)$')
    if was ~= 'q' or redis.call('HEXISTS', job, id) == 0 then return 0 end -- aborted while it waited
    redis.call('HSET', state, id, 'r' .. (tries + 1) .. text)
    items[#items + 1] = item(id, tries + 1)
  elseif kind == 'w' then -- a nudge
    tidy()
    return 0
  else
    local id = 'unreadable-' .. redis.sha1hex(entry)
    redis.call('HSET', job, id, '1 0 0 0 0 - ?\n' .. entry)
    bury(id, 0, 'the entry cannot be read', most)
    return 0
  end
  entries[#entries + 1] = entry
  return #items[#items] - #entry
end

local size = 0
while #entries < want and size < 16777216 do
  local more = {redis.call('LPOP', prefix .. 'hand:' .. lane)}
  if not more[1] then more = redis.call('LPOP', ready, math.min(want - #entries, 500)) end
  if not more then break end
  local simple = #entries == 0 and #more == want -- then nothing needs to be copied
  for i, entry in ipairs(more) do
    size = size + #entry
    simple = simple and string.byte(entry, 1, 1) == 112
    if size > 16777216 and i < #more then -- an answer must not take seconds
      for k = #more, i + 1, -1 do
        redis.call('LPUSH', ready, more[k])
        more[k] = nil
      end
      simple = false
      break
    end
  end
  if simple then
    entries, items = more, more
  else
    for _, entry in ipairs(more) do size = size + take(entry) end
  end
end
if #entries > 0 then
  redis.call('RPUSH', held .. ':' .. ARGV[2], unpack(entries))
  redis.call('HSET', held, ARGV[2], '', 'next', string.format('%d', number + 1))
end
return {clock or 0, 'ok', wait, aborts, items}
