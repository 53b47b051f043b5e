-- park is sent before a command that blocks for an entry. If that comes late, when the lane
-- has fallen or was left, nobody would look into its hand. So the lane is noted; whoever
-- tidies gives back what it holds, for as long as such a command may block.
-- It runs for each job of an idle worker, so it goes without queue.lua. ARGV: lane.
local prefix = string.sub(KEYS[1], 1, -6)
if redis.call('EXISTS', prefix .. 'lane:' .. ARGV[1]) == 0 then
  redis.call('ZADD', prefix .. 'late', redis.call('TIME')[1], ARGV[1])
end
return 1
