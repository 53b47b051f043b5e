//go:build linux || darwin

package loop_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
)

// crowd is how many fetches are in flight at once: each has a socket here, and one in
// the server.
func crowd(t *testing.T) int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	return int(min(2000, (files.Cur-100)/2))
}

// A patientServer takes connections and answers none before it is told to. It is one
// goroutine, so that those of the loop can be counted beside it.
func patientServer(t *testing.T, n int) (url string, all <-chan bool, answerThem func()) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	here, release := make(chan bool), make(chan bool)
	var serving sync.WaitGroup
	serving.Go(func() {
		conns := make([]net.Conn, 0, n)
		for range n {
			c, err := listener.Accept()
			if err != nil {
				t.Error(err)
				break
			}
			defer c.Close()
			conns = append(conns, c)
		}
		close(here)
		<-release
		in := bufio.NewReader(nil)
		for _, c := range conns {
			in.Reset(c)
			p := peer{c.(*net.TCPConn), 0, in}
			if target, err := p.target(); err != nil || p.say(answer(target)) != nil {
				t.Error(err)
			}
		}
	})
	answerThem = sync.OnceFunc(func() { close(release) })
	t.Cleanup(func() {
		listener.Close()
		answerThem()
		serving.Wait()
	})
	return "http://" + listener.Addr().String(), here, answerThem
}

// Thousands of fetches in flight have one thread, no goroutine and little memory.
func TestCrowd(t *testing.T) {
	n := crowd(t)
	url, all, answerThem := patientServer(t, n)
	l := fetching(t)
	urls := make([]string, n)
	for i := range urls {
		urls[i] = url + "/"
	}
	l.Open() // it lives
	memory := inUse()
	var running sync.WaitGroup
	var results []levels.Result
	running.Go(func() { results = get(l, context.Background(), urls...) })
	<-all
	ours, locked := 0, 0
	for stack := range strings.SplitSeq(stacks(), "\n\n") {
		if strings.Contains(stack, "async/loop.(*") {
			ours++
		}
		if strings.Contains(stack, "locked to thread") {
			locked++
		}
	}
	if ours != 2 || locked != 1 {
		t.Errorf("%d goroutines are in the package, %d of them with a thread: want the loop, which has one, and the caller of Run", ours, locked)
	}
	if each := (inUse() - memory) / n; each > 4<<10 {
		t.Errorf("a fetch in flight takes %d bytes, and the server's part is in it", each)
	} else {
		t.Logf("a fetch in flight takes %d bytes, and the server's part is in it", each)
	}
	answerThem()
	running.Wait()
	for i, r := range results {
		if err := check(r, "/", ""); err != nil {
			t.Fatalf("fetch %d: %v", i, err)
		}
	}
}

// inUse returns how many bytes are in use, on the heap and on stacks.
func inUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

func stacks() string {
	b := make([]byte, 1<<20)
	return string(b[:runtime.Stack(b, true)])
}

// Close gives back every descriptor, those of idle connections too.
func TestCloseGivesBackDescriptors(t *testing.T) {
	url, conns := serve(t, answerAll)
	before := descriptors(t)
	for range 3 {
		l := fetching(t)
		for _, r := range get(l, t.Context(), url, url, url, url) {
			if err := check(r, "/", ""); err != nil {
				t.Error(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if conns.Load() < 3 {
		t.Errorf("%d connections", conns.Load())
	}
	eventually(t, "the server has closed its ends", func() bool { return descriptors(t) <= before })
}

func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
