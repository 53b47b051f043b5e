package halfcomposed

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A site has pages, behind real sockets, and readers, who are processes.
type site struct {
	listener net.Listener
	serving  sync.WaitGroup
	readers  chan *reader // that have nothing to do
}

// A reader is a worker process at the other end of two pipes.
type reader struct {
	*child.Process
	answers *bufio.Reader
}

// within opens a site with so many readers, for f.
func within(readers int, f func(*site)) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &site{listener: listener, readers: make(chan *reader, readers)}
	s.serving.Go(s.serve)
	for range readers {
		p, startErr := child.Start(pitfall.Helper("A7", "reader"))
		if startErr != nil {
			return errors.Join(startErr, s.close())
		}
		s.readers <- &reader{p, bufio.NewReader(p.Stdout)}
	}
	for range readers {
		r := <-s.readers
		r.answers.ReadString('\n') // it is there; or it has died, and its answers are missing
		s.readers <- r
	}
	f(s)
	return s.close()
}

func (s *site) close() error {
	err := s.listener.Close()
	s.serving.Wait()
	close(s.readers)
	var left []*reader
	for r := range s.readers {
		r.Stdin.Close() // all at once: they leave while others are waited for
		left = append(left, r)
	}
	for _, r := range left {
		r.Stop(5 * time.Second)
	}
	return err
}

// serve answers each connection's one line with a page, a moment later.
func (s *site) serve() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return // it is closed
		}
		s.serving.Go(func() {
			defer c.Close()
			name, _ := bufio.NewReader(c).ReadString('\n')
			time.Sleep(fetched)
			fmt.Fprintf(c, "%s is here\n", strings.TrimSpace(name))
		})
	}
}

// get fetches a page. It blocks.
func (s *site) get(name string) string {
	c, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	fmt.Fprintln(c, name)
	page, _ := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(page)
}

// ask has a process read a page. It blocks, until one is free and has read it.
func (s *site) ask(page string) string {
	r := <-s.readers
	defer func() { s.readers <- r }()
	fmt.Fprintln(r.Stdin, page)
	answer, _ := r.answers.ReadString('\n')
	return strings.TrimSpace(answer)
}

// read is what a worker process does, until its standard input ends.
func read([]string) error {
	fmt.Println("ready")
	for pages := bufio.NewScanner(os.Stdin); pages.Scan(); {
		words := strings.Fields(pages.Text())
		name := strings.Join(words[:min(1, len(words))], "")
		time.Sleep(reading) // whatever it is, it keeps the process
		fmt.Printf("%s has %d words\n", name, len(words))
	}
	return nil
}
