package process

import (
	"errors"
	"fmt"
	"net"
	"os"
)

var errSocket = fmt.Errorf("a child cannot inherit a socket on Windows: take pipe: %w", errors.ErrUnsupported)

func socketPair() (net.Conn, *os.File, error) { return nil, nil, errSocket }

func openSocket(*os.File) (inheritance, error) { return inheritance{}, errSocket }
