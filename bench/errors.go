package bench

import "context"

// interrupted prefers the cause of ctx to what it led to.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// An EnvironmentError says that something is missing or broken around the
// program, as opposed to in what it was told or in what it measured.
type EnvironmentError struct{ error }

// Environment marks err as an [EnvironmentError].
func Environment(err error) error { return EnvironmentError{err} }

// Unwrap returns the error that was marked.
func (e EnvironmentError) Unwrap() error { return e.error }

// A BrokenOffError is why a run ended before its time, and was not interrupted: what was
// measured until then is in its folder, and can be gone on with.
type BrokenOffError struct{ error }

// Unwrap returns the error behind it.
func (e BrokenOffError) Unwrap() error { return e.error }
