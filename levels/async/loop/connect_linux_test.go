package loop_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fourlevels/fourlevels/levels"
)

// A busyServer has no room for another connection: whoever connects waits, and the
// kernel tries again after a second.
func busyServer(t *testing.T) (fd int, url string, release func()) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err == nil {
		err = unix.Listen(fd, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	addr, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	var fill [3]int
	for i := range fill { // the first of them take the room
		if fill[i], err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
			t.Fatal(err)
		}
		if err := unix.Connect(fill[i], addr); err != nil && err != unix.EINPROGRESS {
			t.Fatal(err)
		}
	}
	return fd, fmt.Sprintf("http://127.0.0.1:%d", addr.(*unix.SockaddrInet4).Port), func() {
		for _, f := range fill {
			unix.Close(f)
		}
	}
}

// Connecting may take its time, and the loop does not wait for it.
func TestConnectInProgress(t *testing.T) {
	for _, refused := range []bool{false, true} {
		t.Run(fmt.Sprint("refused=", refused), func(t *testing.T) {
			t.Parallel()
			fd, url, release := busyServer(t)
			l := fetching(t)
			var result levels.Result
			var running sync.WaitGroup
			running.Go(func() { result = get(l, context.Background(), url)[0] })
			eventually(t, "a request that waits for its connection", func() bool {
				_, partial := l.Open()
				return partial == 1
			})
			release()
			says := ""
			if refused {
				says = "connect: connection refused"
				unix.Close(fd)
			} else {
				answerOne(t, fd)
				unix.Close(fd)
			}
			running.Wait()
			if err := check(result, "/", says); err != nil {
				t.Error(err)
			}
		})
	}
}

// answerOne answers the first request that comes, whatever else connects.
func answerOne(t *testing.T, fd int) {
	for {
		c, _, err := unix.Accept(fd)
		if err != nil {
			t.Error(err)
			return
		}
		p := make([]byte, 4096)
		n, err := unix.Read(c, p)
		if err == nil && n > 0 {
			_, err = unix.Write(c, []byte(answer("/")))
		}
		unix.Close(c)
		if err == nil && n > 0 {
			return
		}
	}
}
