package process

import (
	"errors"
	"fmt"
	"os"
)

var errSocket = fmt.Errorf("a child cannot inherit a socket on Windows: take pipe: %w", errors.ErrUnsupported)

func socketPair() (ours, theirs *os.File, err error) { return nil, nil, errSocket }

func openSocket() (inheritance, error) { return inheritance{}, errSocket }
