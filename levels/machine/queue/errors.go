package queue

import (
	"errors"
	"fmt"
	"time"
)

var (
	ErrClosed     = errors.New("queue is closed")
	ErrDuplicate  = errors.New("a job with this id is known already") // it waits, runs, is dead, or its result is kept
	ErrFull       = errors.New("queue is full")                       // see Config.MaxLength
	ErrTooLarge   = errors.New("too large")                           // see Config.MaxPayload and MaxBatch
	ErrAborted    = errors.New("job was aborted")
	ErrExpired    = errors.New("job expired before it began")
	ErrDead       = errors.New("job is dead") // what every DeadError is
	ErrNotFound   = errors.New("nothing is known of this job")
	ErrNotTracked = errors.New("a plain job has no record: enqueue it with Track or an ID")
	ErrNotKept    = errors.New("the result of a plain job is not kept: enqueue it with KeepFor, or Call it")

	// ErrUnknown says that Redis did not tell what became of a job: whether it
	// is in the queue, or how it ended.
	ErrUnknown = errors.New("outcome unknown")

	// ErrRefused says that Redis answered with an error, and nothing happened.
	ErrRefused = errors.New("refused by Redis")
)

// A DeadError is the end of a job that was given up: it failed for the last
// time, its payload or its task are unknown to the worker, or its worker died.
// It is ErrDead.
type DeadError struct {
	Reason string // the text of the last error
}

func (e *DeadError) Error() string     { return "job is dead: " + e.Reason }
func (e *DeadError) Is(err error) bool { return err == ErrDead }

// Retry returns an error that has a job tried again after d instead of after
// the task's back-off. A job that has no tries left dies all the same.
func Retry(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return &retryError{err, max(d, 0)}
}

type retryError struct {
	error
	after time.Duration
}

func (e *retryError) Unwrap() error { return e.error }

// Fatal returns an error after which a job is not tried again.
func Fatal(err error) error {
	if err == nil {
		return nil
	}
	return &fatalError{err}
}

type fatalError struct{ error }

func (e *fatalError) Unwrap() error { return e.error }

// refused says which Redis answered with an error.
func (l *link) refused(err error) error {
	return fmt.Errorf("%w at %s: %w", ErrRefused, l.where, Advise(err))
}
