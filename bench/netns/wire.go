package netns

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A Wire is a pair of virtual Ethernet devices, one here and one in another network
// namespace. It goes when either does: nothing stays behind, even if this process is
// killed.
type Wire struct {
	Here, There string // the addresses of its ends
	device      string // this end
}

// Lay lays a wire to the namespace that a process is in.
func Lay(ctx context.Context, pid int) (w Wire, err error) {
	if w.Here, w.There, err = spare(); err != nil {
		return w, err
	}
	w.device = fmt.Sprintf("lv%dn%d", os.Getpid(), wires.Add(1)%1000)
	if err := feed(ctx, []string{"ip", "-batch", "-"},
		"link add "+w.device+" type veth peer name eth0 netns "+strconv.Itoa(pid),
		"address add "+w.Here+"/30 dev "+w.device,
		"link set "+w.device+" up"); err != nil {
		return w, err
	}
	return w, feed(ctx, append(inside(pid), "ip", "-batch", "-"),
		"link set lo up",
		"address add "+w.There+"/30 dev eth0",
		"link set eth0 up")
}

// Unplug has the wire carry nothing, and tell nobody: what is sent is lost, and sent again
// until one side's patience is at its end.
func (w Wire) Unplug(ctx context.Context) error { return w.set(ctx, "down") }

// Plug makes it whole again.
func (w Wire) Plug(ctx context.Context) error { return w.set(ctx, "up") }

func (w Wire) set(ctx context.Context, state string) error {
	return feed(ctx, []string{"ip", "-batch", "-"}, "link set "+w.device+" "+state)
}

// wires counts those that this process has laid. A new one shares no name with an old one,
// which the kernel takes away in its own time.
var wires atomic.Uint32

// spare draws two addresses of a network that no interface here is on. They are of
// 198.18.0.0/15, which is for tests of networks and used nowhere else (RFC 2544).
func spare() (here, there string, err error) {
	taken, err := net.InterfaceAddrs()
	if err != nil {
		return "", "", err
	}
	for range 100 {
		var dice [2]byte
		rand.Read(dice[:])
		part := func(last byte) net.IP { return net.IPv4(198, 18|dice[0]&1, dice[1], dice[0]&^3|last) }
		within := func(a net.Addr) bool {
			n, ok := a.(*net.IPNet)
			return ok && n.Contains(part(1))
		}
		if !slices.ContainsFunc(taken, within) {
			return part(1).String(), part(2).String(), nil
		}
	}
	return "", "", errors.New("networks of 198.18.0.0/15 are in use here")
}

// inside is what a command begins with that is to run in the namespace of a process.
func inside(pid int) []string { return []string{"nsenter", "-t", strconv.Itoa(pid), "-n"} }

// feed runs a program with lines for its standard input.
func feed(ctx context.Context, command []string, lines ...string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = child.Environ()
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %.200q", command[0], err, said)
	}
	return nil
}
