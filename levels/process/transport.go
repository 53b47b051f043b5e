package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels/process/child"
	"github.com/fourlevels/fourlevels/levels/process/ring"
)

// A transport starts a child that can be spoken to. What it hands over to the child
// beside the standard files, the child finds as its first extra one.
type transport func(*exec.Cmd) (*conn, error)

var transports = map[string]transport{"pipe": startPipe, "spawn": startPipe, "socket": startSocket, "shm": startRing}

// extraFile is the number of a child's first extra file.
const extraFile = 3

// A conn is a child and the channel to it.
type conn struct {
	*child.Process
	r       io.Reader
	w       io.Writer
	hangUp  func()       // ends what reads or writes; safe at any time
	release func() error // gives back the channel, after the last use
	watch   sync.WaitGroup
}

// attend hangs up when the child has died. A process that it started may hold the
// other end of the channel, which would never end by itself; what the child
// wrote last can still be read for a moment.
func (c *conn) attend() *conn {
	c.watch.Go(func() { // bury and Close wait for it
		<-c.Done()
		c.hangUp()
	})
	return c
}

// close waits until the child is gone, and gives back everything.
func (c *conn) close() error {
	c.watch.Wait()
	return c.release()
}

// lastWords is how long a dead child's last frames may take to be read.
const lastWords = 100 * time.Millisecond

func startPipe(cmd *exec.Cmd) (*conn, error) {
	p, err := child.Start(cmd)
	if err != nil {
		return nil, err
	}
	c := &conn{Process: p, r: p.Stdout, w: p.Stdin}
	c.hangUp = func() {
		at := time.Now().Add(lastWords)
		p.Stdout.SetReadDeadline(at) // fails where pipes have none: there the end of the child must do
		p.Stdin.SetWriteDeadline(at)
	}
	c.release = func() error { return nil } // the process closes them
	return c.attend(), nil
}

func startSocket(cmd *exec.Cmd) (*conn, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("transport socket: %w", err)
	}
	cmd.ExtraFiles = []*os.File{theirs}
	p, err := child.Start(cmd)
	theirs.Close()
	if err != nil {
		ours.Close()
		return nil, err
	}
	c := &conn{Process: p, r: ours, w: ours, release: ours.Close}
	c.hangUp = func() { ours.SetDeadline(time.Now().Add(lastWords)) }
	return c.attend(), nil
}

func startRing(cmd *exec.Cmd) (*conn, error) {
	r, theirs, err := ring.New(0)
	if err != nil {
		return nil, fmt.Errorf("transport shm: %w", err)
	}
	cmd.ExtraFiles = []*os.File{theirs}
	p, err := child.Start(cmd)
	theirs.Close()
	if err != nil {
		r.Close()
		return nil, err
	}
	return (&conn{Process: p, r: r, w: r, hangUp: r.HangUp, release: r.Close}).attend(), nil
}

// An inheritance is the child's end of a channel.
type inheritance struct {
	io.ReadWriter
	finish func()       // ends what is read, with an EOF
	close  func() error // after the last use
}

func inherited(transport string) (inheritance, error) {
	switch transport {
	case "socket":
		return openSocket()
	case "shm":
		r, err := ring.Open(os.NewFile(extraFile, "shm"))
		if err != nil {
			return inheritance{}, fmt.Errorf("transport shm: %w", err)
		}
		return inheritance{r, r.HangUp, r.Close}, nil
	}
	return inheritance{}, fmt.Errorf("no transport is called %.20q", transport)
}
