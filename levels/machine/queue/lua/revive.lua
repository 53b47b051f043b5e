-- revive takes jobs out of the dead letters: 'requeue' lets them run again, with
-- all their tries, 'drop' forgets them.
-- ARGV: which, then ids. Answers how many there were.
local n = 0
for i = 2, #ARGV do
  local id = ARGV[i]
  if redis.call('ZREM', dead, id) == 1 then
    n = n + 1
    if ARGV[1] == 'drop' then
      forget(id)
    else
      redis.call('HSET', state, id, 'q0')
      redis.call('RPUSH', ready, 'r' .. id)
    end
  end
end
return n
