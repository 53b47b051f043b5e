-- time tells the clock of the server that has this queue: in a cluster each has
-- its own.
return now()
