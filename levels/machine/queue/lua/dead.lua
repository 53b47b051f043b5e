-- dead lists dead letters, the newest first, without their payloads.
-- ARGV: how many to pass over, how many to list.
-- Answers for each: id, when it died, its state, and the first line of its envelope.
local letters = {}
local ids = redis.call('ZREVRANGE', dead, ARGV[1], ARGV[1] + ARGV[2] - 1, 'WITHSCORES')
for i = 1, #ids, 2 do
  local head = string.match(redis.call('HGET', job, ids[i]) or '', '^[^\n]*')
  letters[#letters + 1] = {ids[i], ids[i + 1], redis.call('HGET', state, ids[i]) or 'x0', head .. '\n'}
end
return letters
