package live

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/strict"
)

// CollectorConfig is how workers are heard. Its zero value hears those of this machine.
type CollectorConfig struct {
	// Name is what lanes are called: "process" makes "process 1" of the first worker that
	// comes, and "process 1.2" of its second lane. "" means "worker".
	Name string
	// Lane names them instead, from the worker and the name that it gave. It is called at
	// the begin and at the end of each span, by several goroutines, and must say the same.
	Lane func(p Peer, lane string) string

	Listen string     // the address; "" means a free port on loopback
	Peers  int        // most workers at once; 0 means 64
	Rate   int        // most spans of a worker that begin in a second; 0 means 5,000
	Joined func(Peer) // is called when a worker has come, and its clock is known; nil is fine
	Left   func(Peer) // is called when it is gone
}

// A Peer is a worker that reports.
type Peer struct {
	N    int // from 1, in the order of their coming
	Host string
	PID  int
}

// A Skew is how far the clock of a worker is ahead of ours, and within what. Its spans
// are shown without it.
type Skew struct {
	Peer
	Ahead, Within time.Duration
}

// A Collector takes the spans of workers in other processes and hands them on, on the
// clock of the show.
type Collector struct {
	sink     Sink
	config   CollectorConfig
	listener net.Listener
	token    string
	wall     wall
	epoch    int64 // our wall clock when the show's was 0

	mu      sync.Mutex
	conns   map[net.Conn]bool // true for those that have a seat: whoever knows the token
	seated  int
	came    int
	skews   []Skew
	dropped int
	closed  bool
	running sync.WaitGroup // the goroutine that accepts, and one for each connection
}

// Collect begins to listen, for workers that know the token.
func Collect(s Sink, c CollectorConfig) (*Collector, error) {
	c.Name = cmp.Or(c.Name, "worker")
	c.Peers = cmp.Or(c.Peers, 64)
	c.Rate = cmp.Or(c.Rate, 5000)
	listener, err := net.Listen("tcp", cmp.Or(c.Listen, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("listen for workers: %w", err)
	}
	k := &Collector{sink: s, config: c, listener: listener, token: rand.Text(), wall: newWall(), conns: map[net.Conn]bool{}}
	k.epoch = k.wall.now() - int64(s.Now())
	k.running.Go(k.accept)
	return k, nil
}

// Env makes a worker report here: it belongs into its environment.
func (c *Collector) Env() string {
	return Environment + "=" + c.listener.Addr().String() + " " + c.token
}

// Skews are the clocks of all workers that ever came.
func (c *Collector) Skews() []Skew {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.skews)
}

// Dropped is how many spans were more than the rate allows, and are not shown.
func (c *Collector) Dropped() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dropped
}

// Close hangs up on all workers and waits until nothing more comes from them.
func (c *Collector) Close() error {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	for conn := range c.conns {
		conn.Close()
	}
	c.mu.Unlock()
	var err error
	if first {
		err = c.listener.Close()
	}
	c.running.Wait()
	return err
}

// accept ends when the listener is closed.
func (c *Collector) accept() {
	for {
		conn, err := c.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // such as too many open files: it may pass
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if !c.enter(conn) {
			conn.Close()
			continue
		}
		c.running.Go(func() {
			defer c.leave(conn)
			c.hear(conn)
		})
	}
}

func (c *Collector) enter(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.conns)-c.seated >= strangers {
		return false
	}
	c.conns[conn] = false
	return true
}

// strangers is how many connections at once may not have told the token yet. They keep no
// worker's seat, and each costs a buffer for as long as our patience.
const strangers = 1024

func (c *Collector) leave(conn net.Conn) {
	conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns[conn] {
		c.seated--
	}
	delete(c.conns, conn)
}

// hear is the life of a connection. Whoever says what is wrong is hung up on.
func (c *Collector) hear(conn net.Conn) {
	lines := newScanner(conn)
	conn.SetDeadline(time.Now().Add(patience))
	peer, ahead, err := c.meet(conn, lines)
	if err != nil {
		return
	}
	conn.SetDeadline(time.Time{})
	if c.config.Joined != nil {
		c.config.Joined(peer)
	}
	w := &witness{c: c, peer: peer, shift: c.epoch + int64(ahead), open: map[place]Span{}}
	for lines.Scan() {
		var s Span
		if _, err := strict.JSON(lines.Bytes(), &s); err != nil || !w.tell(s) {
			break
		}
	}
	w.gone()
	if c.config.Left != nil {
		c.config.Left(peer)
	}
}

// meet finds out who calls, and how far their clock is ahead.
func (c *Collector) meet(conn net.Conn, lines *bufio.Scanner) (p Peer, ahead time.Duration, err error) {
	var who hello
	if !lines.Scan() {
		return p, 0, errors.New("no hello")
	}
	if _, err := strict.JSON(lines.Bytes(), &who); err != nil || subtle.ConstantTimeCompare([]byte(who.Token), []byte(c.token)) != 1 {
		return p, 0, errors.New("no hello with our token")
	}
	out := json.NewEncoder(conn)
	exchanges := make([]exchange, pings)
	for i := range exchanges {
		e := &exchanges[i]
		e.sent = c.wall.now()
		var answer pong
		if err := out.Encode(ping{i + 1}); err != nil {
			return p, 0, err
		}
		if !lines.Scan() {
			return p, 0, errors.New("it hung up")
		}
		e.came = c.wall.now()
		if _, err := strict.JSON(lines.Bytes(), &answer); err != nil || answer.Pong != i+1 {
			return p, 0, errors.New("no pong")
		}
		e.there = answer.Now
	}
	ahead, within := offset(exchanges)
	if p, err = c.seat(conn, who, ahead, within); err != nil {
		return p, 0, err
	}
	return p, ahead, out.Encode(ping{})
}

// seat takes in a worker whose clock is known, if there is a seat left.
func (c *Collector) seat(conn net.Conn, who hello, ahead, within time.Duration) (Peer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seated >= c.config.Peers {
		return Peer{}, errors.New("there are too many workers")
	}
	c.conns[conn] = true
	c.seated++
	c.came++
	p := Peer{c.came, plain(who.Host, 40), who.PID}
	c.skews = append(c.skews, Skew{p, ahead, within})
	return p, nil
}
