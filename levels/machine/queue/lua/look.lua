-- look tells what is known of jobs.
-- ARGV: client that wants to be told when they end, or '', then ids.
-- Answers for each: o and its outcome if it has ended and that is kept; otherwise
-- its state (q waits, d deferred, r runs, x dead), tries and last error,
-- its envelope, and when it is due; or n, if nothing is known.
local answers = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local outcome = redis.call('HGET', done, id)
  local envelope = redis.call('HGET', job, id)
  if outcome then
    answers[#answers + 1] = {'o', outcome}
  elseif envelope then
    answers[#answers + 1] = {redis.call('HGET', state, id) or 'q0', envelope, redis.call('ZSCORE', due, id) or '', redis.call('ZSCORE', dead, id) or ''}
  else
    answers[#answers + 1] = {'n'}
  end
  if ARGV[1] ~= '' and not outcome then
    local key = prefix .. 'watch:' .. math.floor(now() / 60000)
    local others = redis.call('HGET', key, id) or ''
    if not string.find(' ' .. others .. ' ', ' ' .. ARGV[1] .. ' ', 1, true) then
      redis.call('HSET', key, id, others .. ' ' .. ARGV[1])
      redis.call('PEXPIRE', key, 180000)
    end
  end
end
return answers
