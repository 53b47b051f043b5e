-- enqueue adds jobs, all or none of which are counted twice if it is run again:
-- a stream of calls numbers them, and the last one's verdicts are remembered.
--
-- ARGV: stream, number, most jobs that may wait, cron entry or '', its tick,
--   how many plain ones, '1' to tell the time, their entries, then id, envelope, time for each with a record:
--   0 is now, -n in n ms, n at the time n
-- Answers the time, or 0, and a letter for each job: 1 added, 0 the id is taken, f the queue is full.
local sent, plain = prefix .. 'sent:' .. ARGV[1], tonumber(ARGV[6])
local verdicts = string.rep('1', plain)
local before = redis.call('SET', sent, ARGV[2] .. ' ' .. verdicts, 'PX', 600000, 'GET')
if before then
  local number, last = string.match(before, '^(%d+) (.*)$')
  if tonumber(number) >= tonumber(ARGV[2]) then -- it was run before, or comes late
    redis.call('SET', sent, before, 'PX', 600000)
    return {clock or 0, last}
  end
end
if ARGV[4] ~= '' and redis.call('ZADD', prefix .. 'cron', 'GT', 'CH', ARGV[5], ARGV[4]) == 0 then
  redis.call('SET', sent, ARGV[2] .. ' 0', 'PX', 600000)
  return {clock or 0, '0'} -- another worker was first
end

-- What is too much for ready comes off its end again.
if plain > 0 then
  local over = redis.call('RPUSH', ready, unpack(ARGV, 8, 7 + plain)) + redis.call('ZCARD', due) - tonumber(ARGV[3])
  if over > 0 then
    over = math.min(over, plain)
    redis.call('LTRIM', ready, 0, -1 - over)
    verdicts = string.rep('1', plain - over) .. string.rep('f', over)
  end
end

local from = 8 + plain
if from <= #ARGV then
  local room = tonumber(ARGV[3]) - redis.call('LLEN', ready) - redis.call('ZCARD', due)
  local letters, entries, noted = {verdicts}, {}, redis.call('EXISTS', abort) == 1
  for i = from, #ARGV, 3 do
    local id, at = ARGV[i], tonumber(ARGV[i + 2])
    local letter = '1'
    if redis.call('HEXISTS', done, id) == 1 then
      letter = '0'
    elseif room <= 0 then
      letter = redis.call('HEXISTS', job, id) == 1 and '0' or 'f'
    elseif redis.call('HSETNX', job, id, ARGV[i + 1]) == 0 then
      letter = '0'
    else
      room = room - 1
      if noted then redis.call('ZREM', abort, id) end -- it was about another job of this id
      if at < 0 then at = now() - at end
      if at > 0 and at > now() then defer(id, at, '0') else entries[#entries + 1] = 'r' .. id end
    end
    letters[#letters + 1] = letter
  end
  if #entries > 0 then redis.call('RPUSH', ready, unpack(entries)) end
  verdicts = table.concat(letters)
end
if plain == 0 or string.find(verdicts, 'f', 1, true) or from <= #ARGV then
  redis.call('SET', sent, ARGV[2] .. ' ' .. verdicts, 'PX', 600000)
end
if ARGV[7] == '1' then now() end
return {clock or 0, verdicts}
