-- abort ends jobs that wait, and asks the workers of those that run to stop.
-- ARGV: ids. Answers a letter for each: a aborted, r it runs and its worker is
-- told, n there is no record: if it is a plain job, it will not start.
local letters = {}
for i, id in ipairs(ARGV) do
  local envelope = redis.call('HGET', job, id)
  local was = string.sub(redis.call('HGET', state, id) or 'q', 1, 1)
  if envelope and (was == 'q' or was == 'd') then
    redis.call('ZREM', due, id)
    settle(id, envelope, 'a')
    count('aborted', 1)
    letters[i] = 'a'
  elseif was ~= 'x' then
    redis.call('ZADD', abort, now(), id)
    letters[i] = envelope and 'r' or 'n'
  else
    letters[i] = was
  end
end
redis.call('ZREMRANGEBYSCORE', abort, '-inf', now() - 600000)
redis.call('ZREMRANGEBYRANK', abort, 0, -10001)
redis.call('PEXPIRE', abort, 600000)
return table.concat(letters)
