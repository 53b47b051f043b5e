-- look tells what is known of jobs.
-- ARGV: client that wants to be told when they end, or '', then ids.
-- Answers for each: o and its outcome if it has ended and that is kept; otherwise
-- its state (q waits, d deferred, r runs, x dead), tries and last error,
-- its envelope, and when it is due; or n, if nothing is known.

-- outcome returns that of a job, if it is kept. Who asks for one of a group often asks
-- for many, so its bags are opened once.
local groups = {}
local function outcome(id)
  local text = redis.call('HGET', done, id)
  local group, member = string.match(id, '^(~.*)%.(.*)$')
  if text or not group then return text end
  if not groups[group] then
    groups[group] = {}
    for _, bag in ipairs(redis.call('LRANGE', prefix .. 'kept:' .. group, 0, -1)) do
      each(bag, function(m, t) groups[group][m] = t end)
    end
  end
  return groups[group][member]
end

local answers = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local text = outcome(id)
  local envelope = redis.call('HGET', job, id)
  if text then
    answers[#answers + 1] = {'o', text}
  elseif envelope then
    answers[#answers + 1] = {redis.call('HGET', state, id) or 'q0', envelope, redis.call('ZSCORE', due, id) or '', redis.call('ZSCORE', dead, id) or ''}
  else
    answers[#answers + 1] = {'n'}
  end
  if ARGV[1] ~= '' and not text then
    local key = prefix .. 'watch:' .. math.floor(now() / 60000)
    local others = redis.call('HGET', key, id) or ''
    if not string.find(' ' .. others .. ' ', ' ' .. ARGV[1] .. ' ', 1, true) then
      redis.call('HSET', key, id, others .. ' ' .. ARGV[1])
      redis.call('PEXPIRE', key, 180000)
    end
  end
end
return answers
