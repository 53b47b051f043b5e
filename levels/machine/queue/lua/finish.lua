-- finish tells how jobs of a lane ended. It counts only while the lane has not
-- fallen, and only once: that is the fence against workers that come back late.
--
-- ARGV: lane, most dead letters, '1' to leave,
--   n, the numbers of n jobs that are done, n, the ids of those n with a record,
--   then any of
--   'k', ms, n, id, outcome, ...   outcomes to keep, for 0 ms only to be told
--   'a', client, n, text, ...      answers to a client
--   't', number, verdict, ms, text trouble: 'r' try again in ms, 'x' bury, 'b' give back
-- Answers 1, or 0 if the lane has fallen.
local lane, most = ARGV[1], ARGV[2]
local held, hand = prefix .. 'lane:' .. lane, prefix .. 'hand:' .. lane
if fallen(lane) then return 0 end

local at = 4
local function section()
  local from = at + 1
  at = from + tonumber(ARGV[at])
  return from, at - 1
end

-- giveBack puts a job where it was, as if it had not been taken.
local function giveBack(number)
  local entry = redis.call('HGET', held, number)
  if not entry then return end
  redis.call('HDEL', held, number)
  if string.sub(entry, 1, 1) == 'r' then
    local id, tries, text = record(entry)
    redis.call('HSET', state, id, 'q' .. (tries - 1) .. text)
  end
  redis.call('LPUSH', ready, entry)
end

local from, to = section()
local first = to >= from
if first and redis.call('HDEL', held, unpack(ARGV, from, to)) == 0 then
  first = false -- it was told before
  at = #ARGV + 1
elseif first then
  count('done', to - from + 1)
end
if at <= #ARGV then
  from, to = section()
  if to >= from then
    redis.call('HDEL', job, unpack(ARGV, from, to))
    redis.call('HDEL', state, unpack(ARGV, from, to))
  end
end

while at <= #ARGV do
  local tag, a = ARGV[at], ARGV[at + 1]
  at = at + 2
  if tag == 'k' then
    from, to = section()
    if tonumber(a) > 0 then
      local ids = {}
      for i = from, to, 2 do ids[#ids + 1] = ARGV[i] end
      keep(tonumber(a), ids, unpack(ARGV, from, to))
    end
    if watched() then
      for i = from, to, 2 do tell(ARGV[i], ARGV[i + 1]) end
    end
  elseif tag == 'a' then
    from, to = section()
    for i = from, to do reply(a, ARGV[i]) end
    expire(a)
  else
    local verdict, ms, text = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2]
    at = at + 3
    local entry = redis.call('HGET', held, a)
    if entry and verdict == 'b' then
      giveBack(a)
    elseif entry then
      redis.call('HDEL', held, a)
      local id, tries = record(entry)
      if verdict == 'r' and ms <= 0 then
        redis.call('HSET', state, id, 'q' .. tries .. ' ' .. text)
        redis.call('RPUSH', ready, 'r' .. id)
        count('retried', 1)
      elseif verdict == 'r' then
        defer(id, now() + ms, tries .. ' ' .. text)
        count('retried', 1)
      else
        bury(id, tries, text, most)
      end
    end
  end
end

if ARGV[3] == '1' then
  redis.call('HDEL', held, 'next')
  local numbers = redis.call('HKEYS', held)
  table.sort(numbers, function(a, b) return tonumber(a) > tonumber(b) end)
  while true do
    local entry = redis.call('RPOP', hand)
    if not entry then break end
    redis.call('LPUSH', ready, entry)
  end
  for _, number in ipairs(numbers) do giveBack(number) end
  redis.call('ZREM', lease, lane)
end
return 1
