package nobackpressure

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"
)

const (
	many = 60
	work = time.Millisecond // to answer a request
)

// A Request is taken in, and answered later.
type Request struct {
	came     time.Time
	took     time.Duration // from then until it was answered
	answered int           // so often
}

// A service answers one request at a time.
type service struct {
	worker sync.Mutex

	mu       sync.Mutex // guards the rest
	requests []*Request // that were taken in
	inside   int        // that have no answer yet
	most     int        // that were inside at once
}

// client sends the next request as soon as the one before has been taken in.
func (s *service) client(ctx context.Context) iter.Seq[*Request] {
	return func(yield func(*Request) bool) {
		for i := 0; i < many && ctx.Err() == nil; i++ {
			if !yield(s.take()) {
				return
			}
		}
	}
}

// take takes one more request in.
func (s *service) take() *Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &Request{came: time.Now()}
	s.requests = append(s.requests, r)
	s.inside++
	s.most = max(s.most, s.inside)
	return r
}

// answer works for a while, and has answered the request.
func (s *service) answer(r *Request) {
	s.worker.Lock()
	defer s.worker.Unlock()
	time.Sleep(work)
	s.mu.Lock()
	defer s.mu.Unlock()
	r.took = time.Since(r.came)
	r.answered++
	s.inside--
}

// look returns the times of requests that were answered once, and how many were not.
func (s *service) look() (took []time.Duration, wrong int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if r.answered == 1 {
			took = append(took, r.took)
		}
	}
	slices.Sort(took)
	return took, many - len(took)
}
