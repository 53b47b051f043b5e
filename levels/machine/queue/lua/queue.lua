-- What every script begins with: the keys of one queue, and what the scripts have
-- in common. docs/queue.md tells what lies under each key.
local ready = KEYS[1]
local prefix = string.sub(ready, 1, -6) -- of all keys: "levels3:{name}:", so they lie in one slot
local due, job, state = prefix .. 'due', prefix .. 'job', prefix .. 'state'
local lease, abort, paused = prefix .. 'lease', prefix .. 'abort', prefix .. 'paused'
local late = prefix .. 'late'
local done, exp, dead, stat = prefix .. 'done', prefix .. 'exp', prefix .. 'dead', prefix .. 'stat'

-- now is Redis' time in ms: the only clock there is.
local clock
local function now()
  if not clock then
    local t = redis.call('TIME')
    clock = t[1] * 1000 + math.floor(t[2] / 1000)
  end
  return clock
end

-- drain is called first by the scripts that take from the queue, so that they work
-- when Redis' memory is full: it lets a script go on that has made a write of
-- the kind that takes no memory.
local function drain()
  redis.call('ZREM', lease, '')
end

local function count(what, n)
  redis.call('HINCRBY', stat, what, n)
end

-- nudge wakes a worker that waits for entries, so that it looks at the clock.
local function nudge()
  if redis.call('LLEN', ready) == 0 then redis.call('RPUSH', ready, 'w') end
end

-- An entry of ready or of a lane is "p<id> <envelope>", a plain job, or "r<id>",
-- a job with a record. split takes a plain one apart.
local function split(entry)
  local space = string.find(entry, ' ', 1, true) or #entry + 1
  return string.sub(entry, 2, space - 1), string.sub(entry, space + 1)
end

-- record returns the id of an entry's job and how often the job was tried. A
-- plain job gets its record here: it is plain only while nothing goes wrong.
local function record(entry)
  if string.sub(entry, 1, 1) == 'p' then
    local id, envelope = split(entry)
    redis.call('HSET', job, id, envelope)
    return id, 1, ''
  end
  local id = string.sub(entry, 2)
  local tries, text = string.match(redis.call('HGET', state, id) or 'r0', '^.(%d+)(.*)$')
  return id, tonumber(tries), text
end

-- reply sends texts to a client: in one entry of its stream, which it reads from
-- where it is.
local function reply(client, ...)
  local fields = {}
  for i, text in ipairs({...}) do fields[2 * i - 1], fields[2 * i] = 'o', text end
  redis.call('XADD', prefix .. 'reply:' .. client, '*', unpack(fields))
end

local function expire(client)
  redis.call('PEXPIRE', prefix .. 'reply:' .. client, 600000)
end

-- tell sends an outcome to those who wait for the job after the fact. They stand
-- in the hash of this minute or of the last one; whoever still waits puts himself
-- down again.
local watches
local function watched()
  if watches then return #watches > 0 end
  watches = {}
  for ago = 0, 1 do
    local key = prefix .. 'watch:' .. (math.floor(now() / 60000) - ago)
    if redis.call('EXISTS', key) == 1 then watches[#watches + 1] = key end
  end
  return #watches > 0
end

local function tell(id, outcome)
  if not watched() then return end
  for _, key in ipairs(watches) do
    for client in string.gmatch(redis.call('HGET', key, id) or '', '%S+') do
      reply(client, id .. ' ' .. outcome)
      expire(client)
    end
    redis.call('HDEL', key, id)
  end
end

-- keep records the outcomes of jobs for a time: id, outcome, id, outcome, ...
-- Those that end in the same second share a list, to be swept together.
local function keep(ms, ids, ...)
  local second = math.ceil((now() + ms) / 1000)
  local list = prefix .. 'exp:' .. second
  redis.call('HSET', done, ...)
  redis.call('RPUSH', list, unpack(ids))
  redis.call('ZADD', exp, second, second)
end

-- Short outcomes of plain jobs are kept by the handful, for a command for each would
-- cost more than all else about a job. A bag is a text "<how many> " and then
-- "<member> <length> <outcome>" for each; the bags of a group are a list, kept:<group>. A
-- plain id is "<group>.<member>", with the number of its shard behind that.
local function each(bag, f)
  local at = string.find(bag, ' ', 1, true) + 1
  while at <= #bag do
    local _, head, member, length = string.find(bag, '^(%S+) (%d+) ', at)
    at = head + 1 + tonumber(length)
    f(member, string.sub(bag, head + 1, at - 1))
  end
end

-- A lane is a hash lane:<id>: the numbers of its batches, that of the next one, and
-- how often each teller has told what ended. A batch is a list of entries,
-- lane:<id>:<number>; those that have ended are empty. A lane that has lost its
-- lease has fallen: its hash is fell:<id> then, and whoever asks for the other one
-- is refused by finding nothing.
--
-- spill hands the entries of a lane's batches to f, the last one first, until
-- there were enough, and returns how many. When there are no more, the lane is gone.
local function spill(hash, lane, enough, f)
  local numbers, n = {}, 0
  for _, field in ipairs(redis.call('HKEYS', hash)) do
    if tonumber(field) then numbers[#numbers + 1] = field end
  end
  table.sort(numbers, function(a, b) return tonumber(a) > tonumber(b) end)
  for _, number in ipairs(numbers) do
    if n >= enough then return n end
    local batch = prefix .. 'lane:' .. lane .. ':' .. number
    local entries = redis.call('LRANGE', batch, 0, -1)
    for i = #entries, 1, -1 do
      if entries[i] ~= '' then
        f(entries[i])
        n = n + 1
      end
    end
    redis.call('DEL', batch)
    redis.call('HDEL', hash, number)
  end
  redis.call('DEL', hash)
  redis.call('ZREM', lease, lane)
  return n
end

-- back returns what lies in a lane's hand to the head of the queue.
local function back(lane)
  while true do
    local entry = redis.call('RPOP', prefix .. 'hand:' .. lane)
    if not entry then return end
    redis.call('LPUSH', ready, entry)
  end
end

local function forget(id)
  redis.call('HDEL', job, id)
  redis.call('HDEL', state, id)
end

-- settle ends a job that has a record, for good.
local function settle(id, envelope, outcome)
  local ms, client = string.match(envelope, '^%S+ %S+ (%S+) %S+ %S+ (%S+) ')
  forget(id)
  ms = tonumber(ms) or 0
  if ms > 0 then keep(ms, {id}, id, outcome) end
  if client and client ~= '-' then
    reply(client, id .. ' ' .. outcome)
    expire(client)
  end
  tell(id, outcome)
end

-- unwanted ends a job that is not to go on because it was aborted while it ran,
-- and reports whether it was.
local function unwanted(id, envelope)
  if redis.call('EXISTS', abort) == 0 or redis.call('ZREM', abort, id) == 0 then return false end
  settle(id, envelope, 'a')
  count('aborted', 1)
  return true
end

-- bury gives a job up. One that somebody waits for is told instead: his call
-- is where its failure belongs.
local function bury(id, tries, reason, most)
  local envelope = redis.call('HGET', job, id) or ''
  local client = string.match(envelope, '^%S+ %S+ %S+ %S+ %S+ (%S+) ')
  count('dead', 1)
  if client and client ~= '-' then return settle(id, envelope, 'x' .. reason) end
  redis.call('HSET', state, id, 'x' .. tries .. ' ' .. reason)
  redis.call('ZADD', dead, now(), id)
  tell(id, 'x' .. reason)
  local over = redis.call('ZCARD', dead) - tonumber(most)
  if over > 0 then
    for _, old in ipairs(redis.call('ZRANGE', dead, 0, over - 1)) do forget(old) end
    redis.call('ZREMRANGEBYRANK', dead, 0, over - 1)
    count('dropped', over)
  end
end

-- defer lets a job wait for its time.
local function defer(id, at, text)
  redis.call('HSET', state, id, 'd' .. text)
  redis.call('ZADD', due, at, id)
  if redis.call('ZRANK', due, id) == 0 then nudge() end
end
