package nevertimeout

import (
	"bufio"
	"net"
	"sync"
	"time"
)

// peers are servers on loopback. A silent one accepts and reads, and never answers.
type peers struct {
	addresses []string
	listeners []net.Listener
	end       chan struct{}
	running   sync.WaitGroup
	once      sync.Once // for close

	mu    sync.Mutex
	conns []net.Conn // guarded by mu; to be closed at the end
}

// listen opens healthy peers, and silent ones after them.
func listen(healthy, silent int) (*peers, error) {
	p := &peers{end: make(chan struct{})}
	for i := range healthy + silent {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			p.close()
			return nil, err
		}
		p.listeners = append(p.listeners, l)
		p.addresses = append(p.addresses, l.Addr().String())
		p.running.Go(func() { p.accept(l, i < healthy) })
	}
	return p, nil
}

func (p *peers) accept(l net.Listener, healthy bool) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return // closed
		}
		p.mu.Lock()
		p.conns = append(p.conns, conn)
		p.mu.Unlock()
		p.running.Go(func() { p.serve(conn, healthy) })
	}
}

func (p *peers) serve(conn net.Conn, healthy bool) {
	defer conn.Close()
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		return
	}
	if !healthy {
		<-p.end
		return
	}
	time.Sleep(answering)
	conn.Write([]byte(answer))
}

// close ends all peers and their connections, so that nobody who calls them is left waiting.
// It may be called twice.
func (p *peers) close() {
	p.once.Do(func() {
		close(p.end)
		for _, l := range p.listeners {
			l.Close()
		}
		p.mu.Lock()
		for _, conn := range p.conns {
			conn.Close()
		}
		p.mu.Unlock()
		p.running.Wait()
	})
}
