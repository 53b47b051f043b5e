// Package discipline is an experiment: which of Redis' data structures should a
// queue be made of? Package queue chose the list. Here are three queues that
// promise the same, see [Discipline], and no more than it takes to compare them:
// read list.go, stream.go and zset.go side by side.
//
//	          List                        Stream                      ZSet
//	waiting   entries of a list           entries of a stream         score: since when
//	claim     LPOP n, to a hash           XREADGROUP                  ZRANGEBYSCORE, ZADD
//	lease     score of the batch          idle time in the group      score: until when
//	recovery  batches due, to the head    XAUTOCLAIM looks at all     none: time passes
//	fence     the batch's hash is there   XPENDING: it is still mine  the score is the claim's
//	waking    BLMOVE to where it was      XREADGROUP BLOCK            a list beside it
//
// # What each is good and bad at
//
// The list does most with least: to enqueue is one plain command, and a batch is
// popped and leased at once, however long the list is, and found again by one
// score. But it knows nothing of time: what shall run later, or be tried again
// later, must wait in a ZSET beside it. A batch falls as a whole, so a late
// worker is refused even jobs that nobody has taken yet. And a job wakes all
// workers that wait, not one.
//
// The stream has nearly all of it built in: one command waits, reads and leases,
// and a job wakes one worker. But XACK takes anybody's word, so the fence is ours:
// without it a job would cost Redis a third less. The group is not sorted by idle
// time, so recovery looks at all that is held. Workers that died stay in the group
// until XGROUP DELCONSUMER. And what shall run later needs a ZSET here too.
//
// The ZSet is the most beautiful: lease, recovery and fence are one number, and
// deferral and back-off would be the same number, set to a later time. But every
// step costs log(n) for each job, and memory: three times the list's. Nothing can
// wait for a score, so there is a list to wake workers, and again a job wakes all.
// And it believes the clock: if Redis' is set back by an hour, jobs from before
// wait for an hour.
//
// # Figures
//
// EndToEnd: jobs enqueued by one goroutine, and claimed and finished by another,
// while a backlog waits; in thousands a second.
//
//	store      backlog  batch   list  stream   zset
//	redis        1,000      1    5.7     7.5    6.7
//	                       10     54      37     41
//	                      100    134      77    107
//	redis       50,000      1    7.3     7.2    5.9
//	                       10     52      41     37
//	                      100    137      82     85
//	miniredis    1,000      1    1.2     1.2    0.7
//	                       10    7.9     6.8    6.3
//	                      100     34      11     22
//	miniredis   50,000      1    1.2     1.0    0.1
//	                       10     11     3.1    0.9
//	                      100     46     4.6    7.2
//
// EndToEnd: what a job costs Redis, at a batch of 100, and what one takes that
// waits, with a payload of 64 bytes.
//
//	           backlog          list  stream   zset
//	processor    1,000     µs    4.1     9.2    6.2
//	            50,000     µs    4.0     8.4    7.8
//	memory      50,000  bytes     72      88    218
//
// Pickup: from Enqueue to the Claim of a worker that waits, in µs.
//
//	store                       list  stream   zset
//	redis                        137     135    151
//	miniredis                   1361     864   1307
//
// With one job at a time, on Redis, round trips cost nearly everything, and the
// structures differ by hardly more than noise. In batches of 100 the list costs
// Redis half to two thirds of what the others do, and does not feel the backlog.
// On miniredis only the list bears one: for every claim it sorts the whole ZSET,
// and for every entry that is deleted it moves the whole stream. That says
// nothing of Redis.
//
// These are medians of 16 rounds, in which the three take turns, on Redis 7.0.15
// and miniredis 2.40.0, with Go 1.26.8, on two shared virtual processors (AMD
// EPYC, KVM) that were busy with other work too. In all cells of the first table
// but four, the middle half of the samples is within a quarter of the median; of
// Redis' processor time, within a fifth. A round is
//
//	go test -run '^$' -bench . -benchtime 100ms ./levels/machine/queue/discipline
//
// and benchstat -col /impl -row .name,/store,/backlog,/batch compares them.
//
// # What is left out
//
// What package queue can do and these cannot: tries are not counted, and nothing
// is buried; no job is deferred or aborted, or refused for its id; results are not
// forgotten; and leases are not renewed. That last would be one score for a batch
// (List), XCLAIM JUSTID for each entry (Stream), or a score for each job (ZSet).
package discipline
