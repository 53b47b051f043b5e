package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/machine"
)

// A Host is the level machine/rpc with one machine, which can be killed. Its machine may
// have a network of its own, as a virtual machine has; processor, memory and disk it
// shares with this process, as a virtual machine shares those of its host.
type Host struct {
	levels.Level
	Mortal
	Address string // where the machine is reached

	dead     context.Context // ends when the machine does
	watching sync.WaitGroup  // the goroutine that sees to that
}

// ErrKilled is why tasks fail that were at a host when it died. It is [levels.ErrLost].
var ErrKilled = fmt.Errorf("%w: its host was killed", levels.ErrLost)

// StartHost starts a machine that runs so many tasks at once. Apart gives it a network
// namespace; that needs Linux, root and the programs unshare, nsenter and ip, and fails
// without them.
func StartHost(ctx context.Context, c Config, tasks int, apart bool) (*Host, error) {
	if len(c.Worker) == 0 {
		return nil, errors.New("Config.Worker is empty, so no host can be started")
	}
	h, token := &Host{}, ""
	var err error
	if width := "async:" + strconv.Itoa(tasks); apart {
		token, err = h.startApart(ctx, c, width)
	} else {
		args := append(c.Worker[1:len(c.Worker):len(c.Worker)], "rpc", "--level", width, "--leash")
		h.Mortal, h.Address, err = mortal(ctx, exec.Command(c.Worker[0], args...), c.Env)
	}
	if err != nil {
		return nil, err
	}
	h.Level = machine.NewRPC(machine.RPCConfig{
		URLs: []string{h.Address}, InFlight: tasks, MaxBatch: 1, Token: token, Client: direct(tasks),
	})
	dead, died := context.WithCancelCause(context.Background())
	h.dead = dead
	h.watching.Go(func() { <-h.Died(); died(ErrKilled) })
	return h, nil
}

// direct is a client that asks no proxy: a machine with a network of its own is not on
// loopback, and still nobody's but ours.
func direct(connections int) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
		MaxIdleConnsPerHost: connections,
	}}
}

// Run implements [levels.Level]. Tasks fail as soon as the machine is dead: its network may
// be gone before it could say goodbye.
func (h *Host) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(h.dead, func() { cancel(ErrKilled) })()
	return h.Level.Run(ctx, tasks)
}

// Close implements [levels.Level], and ends the machine.
func (h *Host) Close() error {
	err := h.Level.Close()
	h.end()
	h.watching.Wait()
	return err
}
