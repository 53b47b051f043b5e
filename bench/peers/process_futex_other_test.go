//go:build !linux

package peers

import (
	"errors"
	"time"
)

// futexes tells whether there is such a thing: it is Linux'.
const futexes = false

func bareFutex(int, time.Duration) ([]float64, error) { return nil, errors.ErrUnsupported }

func answerFutex() error { return errors.ErrUnsupported }
