-- finish tells how jobs of a lane ended. It counts only while the lane has not
-- fallen: that is the fence against workers that come back late. And it counts
-- once, if it is run again: a lane numbers what it tells.
--
-- ARGV: lane, most dead letters, '1' to leave, teller, number,
--   how many are done, n, the ids of those n that have a record, then any of
--   'k', ms, n, id, outcome, ...         outcomes to keep, for 0 ms only to be told
--   'g', ms, n, group, bag, ...          short ones of plain jobs to keep
--   'a', client, n, text, ...            answers to a client
--   't', batch, index, verdict, ms, text trouble: 'r' again in ms, 'x' bury, 'b' give back
--   's', batch, n, index, ...            those of a batch that have ended
--   'd', n, batch, ...                   batches of which all have
-- Answers 1, or 0 if the lane has fallen.
local lane, most = ARGV[1], ARGV[2]
local held = prefix .. 'lane:' .. lane
drain()

-- giveBack puts a job where it was, as if it had not been taken.
local function giveBack(entry)
  if string.sub(entry, 1, 1) == 'r' then
    local id, tries, text = record(entry)
    if unwanted(id, redis.call('HGET', job, id) or '') then return end
    redis.call('HSET', state, id, 'q' .. (tries - 1) .. text)
  end
  redis.call('LPUSH', ready, entry)
end

-- trouble sees to a job that has not ended for good.
local function trouble(entry, verdict, ms, text)
  if verdict == 'b' then return giveBack(entry) end
  local id, tries = record(entry)
  if verdict == 'x' then return bury(id, tries, text, most) end
  if unwanted(id, redis.call('HGET', job, id) or '') then return end
  count('retried', 1)
  if ms > 0 then return defer(id, now() + ms, tries .. ' ' .. text) end
  redis.call('HSET', state, id, 'q' .. tries .. ' ' .. text)
  redis.call('RPUSH', ready, 'r' .. id)
end

-- stow keeps bags for a time, and counts their outcomes: group, bag, group, bag, ...
local function stow(ms, ...)
  local second = math.ceil((now() + ms) / 1000)
  local pairs, groups, n = {...}, {}, 0
  for i = 1, #pairs, 2 do
    redis.call('RPUSH', prefix .. 'kept:' .. pairs[i], pairs[i + 1])
    groups[#groups + 1] = '~' .. pairs[i] -- which makes two of them: no id begins so
    n = n + string.match(pairs[i + 1], '^%d+')
  end
  redis.call('RPUSH', prefix .. 'exp:' .. second, unpack(groups))
  redis.call('ZADD', exp, second, second)
  redis.call('INCRBY', prefix .. 'kept', n)
end

local at = 7
local function section()
  local from = at + 1
  at = from + tonumber(ARGV[at])
  return from, at - 1
end

local told = redis.call('HINCRBY', held, ARGV[4], 1)
if told == 1 and redis.call('HEXISTS', held, 'next') == 0 then
  redis.call('DEL', held) -- the lane has fallen
  return 0
end
if told ~= tonumber(ARGV[5]) then redis.call('HINCRBY', held, ARGV[4], -1) end -- nothing is told now
if told < tonumber(ARGV[5]) then return 0 end -- something before was lost, and so is the lane, unless it is told again
if told == tonumber(ARGV[5]) then -- else it was told before
  if ARGV[6] ~= '0' then redis.call('HINCRBY', stat, 'done', ARGV[6]) end
  local from, to = section()
  if to >= from then
    redis.call('HDEL', job, unpack(ARGV, from, to))
    redis.call('HDEL', state, unpack(ARGV, from, to))
    if redis.call('EXISTS', abort) == 1 then redis.call('ZREM', abort, unpack(ARGV, from, to)) end
  end
  while at <= #ARGV do
    local tag, a = ARGV[at], ARGV[at + 1]
    at = at + 2
    if tag == 'k' then
      from, to = section()
      if a ~= '0' then
        local ids = {}
        for i = from, to, 2 do ids[#ids + 1] = ARGV[i] end
        keep(tonumber(a), ids, unpack(ARGV, from, to))
      end
      if watched() then
        for i = from, to, 2 do tell(ARGV[i], ARGV[i + 1]) end
      end
    elseif tag == 'g' then
      from, to = section()
      stow(tonumber(a), unpack(ARGV, from, to))
      if watched() then
        for i = from, to, 2 do
          each(ARGV[i + 1], function(member, text) tell(ARGV[i] .. '.' .. member, text) end)
        end
      end
    elseif tag == 'a' then
      from, to = section()
      reply(a, unpack(ARGV, from, to))
      expire(a)
    elseif tag == 't' then
      local batch, index = held .. ':' .. a, ARGV[at]
      local entry = redis.call('LINDEX', batch, index)
      if entry and entry ~= '' then
        redis.call('LSET', batch, index, '')
        trouble(entry, ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3])
      end
      at = at + 4
    elseif tag == 's' then
      from, to = section()
      local batch = held .. ':' .. a
      if redis.call('EXISTS', batch) == 1 then
        for i = from, to do redis.call('LSET', batch, ARGV[i], '') end
      end
    else
      at = at - 1
      from, to = section()
      for i = from, to do redis.call('DEL', held .. ':' .. ARGV[i]) end
      redis.call('HDEL', held, unpack(ARGV, from, to))
    end
  end
end

if ARGV[3] == '1' then
  back(lane)
  spill(held, lane, 1000000, giveBack)
  if redis.call('EXISTS', lease) == 0 then redis.call('PEXPIRE', stat, 86400000) end -- the last one turns off the light
end
return 1
