//go:build !linux && !darwin

package loop

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"
)

var errUnsupported = fmt.Errorf("async/loop needs epoll or kqueue: not on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// A poller cannot be had on this system. So what follows is never called.
type poller struct{}

func newPoller() (poller, error)          { return poller{}, errUnsupported }
func (poller) add(int, uint32) error      { return errUnsupported }
func (poller) wait(time.Duration) []event { return nil }
func (poller) wake()                      {}
func (poller) close() error               { return nil }
func connect(netip.AddrPort) (int, error) { return -1, errUnsupported }
func connectError(int) error              { return errUnsupported }
func read(int, []byte) (int, error)       { return 0, errUnsupported }
func write(int, []byte) (int, error)      { return 0, errUnsupported }
func closeSocket(int)                     {}
