package peers

import (
	"fmt"
	"testing"
)

// What shards cost, and what more workers bring, when there is one Redis and
// one machine for all: shards are for a cluster, whose nodes share them. The peer
// is our queue with one shard and one worker.
var queueShards = []figure{
	{"jobs=plain/batch=100", func(tb testing.TB, s scale) []line {
		l := load{jobs: s.ours / 2, batch: 100, producers: 2}
		var contestants []contestant
		for _, shards := range []int{1, 2, 4, 8} {
			for _, workers := range []int{1, 2} {
				contestants = append(contestants, oursEndToEnd(crewName(shards, workers), setup{shards: shards, workers: workers, concurrency: 100}, l))
			}
		}
		m := contest(tb, s.rounds, contestants...)
		var lines []line
		for _, c := range contestants {
			lines = append(lines, line{what: "end to end, " + c.name, tag: c.name + "-", unit: "jobs/s", ours: m[c.name][0], peer: crewName(1, 1), theirs: m[crewName(1, 1)][0]})
		}
		return lines
	}},
	{"jobs=plain/batch=100/shards=64/workers=8", func(tb testing.TB, s scale) []line {
		l := load{jobs: s.ours / 5, batch: 100, producers: 2}
		m := contest(tb, 1, oursEndToEnd("ours", setup{shards: 64, workers: 8, concurrency: 100}, l))
		return []line{{what: "end to end, " + crewName(64, 8), unit: "jobs/s", ours: m["ours"][0]}}
	}},
}

func crewName(shards, workers int) string {
	return fmt.Sprintf("shards=%d,workers=%d", shards, workers)
}
