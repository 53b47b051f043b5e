package queue

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Stats is what a worker has done since it was made.
type Stats struct {
	Running  int // jobs
	Done     int // tries that ended a job, as an abort does
	Retried  int // tries that failed and are followed by another
	Dead     int // tries that were the last
	Returned int // tries that were given back
	Lost     int // leases that ran out under the worker

	Took *hdrhistogram.Histogram // of the tries, in µs, to three digits up to an hour
}

// Stats returns what the worker has done so far.
func (w *Worker) Stats() Stats {
	w.stats.mu.Lock()
	defer w.stats.mu.Unlock()
	s := w.stats.Stats
	s.Took = hdrhistogram.New(1, longestTook, 3)
	if w.stats.Took != nil {
		s.Took.Merge(w.stats.Took)
	}
	return s
}

const longestTook = int64(time.Hour / time.Microsecond)

type stats struct {
	mu sync.Mutex
	Stats
}

func (s *stats) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Running++
}

func (s *stats) end(e End) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Took == nil {
		s.Took = hdrhistogram.New(1, longestTook, 3)
	}
	s.Took.RecordValue(max(min(e.Took.Microseconds(), longestTook), 1))
	s.Running--
	switch e.Next {
	case Done:
		s.Done++
	case Deferred:
		s.Retried++
	case Dead:
		s.Dead++
	default:
		s.Returned++
	}
}

func (s *stats) lost() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Lost++
}
