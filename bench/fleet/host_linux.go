package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// startApart starts the machine in a network namespace of its own, and lays a wire to it: a
// pair of virtual Ethernet devices. Both end with the machine, however that ends, so
// nothing stays behind even if this process is killed.
func (h *Host) startApart(ctx context.Context, c Config, width string) (token string, err error) {
	if os.Geteuid() != 0 {
		return "", errors.New("only root may make network namespaces")
	}
	token = rand.Text() // for the address is no loopback one
	secret, err := handOver(token)
	if err != nil {
		return "", err
	}
	defer secret.Close()
	args := append([]string{"-n"}, c.Worker...)
	cmd := exec.Command("unshare", append(args, "rpc", "--level", width, "--listen", "0.0.0.0:0", "--token-file", "/proc/self/fd/3", "--leash")...)
	cmd.ExtraFiles = append(cmd.ExtraFiles, secret)
	m, where, err := mortal(ctx, cmd, c.Env)
	if err != nil {
		return "", err
	}
	h.Mortal = m
	if err := h.wire(ctx, where); err != nil {
		h.end()
		return "", fmt.Errorf("wire a network namespace: %w", err)
	}
	return token, nil
}

// handOver returns a pipe with a secret in it: no argument, which everybody can read, and no
// file, which might stay.
func handOver(secret string) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	_, err = w.WriteString(secret)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
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

// wire joins the machine's namespace to this one.
func (h *Host) wire(ctx context.Context, where string) error {
	u, err := url.Parse(where)
	if err != nil {
		return err
	}
	here, there, err := spare()
	if err != nil {
		return err
	}
	pid, device := strconv.Itoa(h.Pid()), fmt.Sprintf("lv%dn%d", os.Getpid(), wires.Add(1)%64)
	if err := feed(ctx, []string{"ip", "-batch", "-"},
		"link add "+device+" type veth peer name eth0 netns "+pid,
		"address add "+here+"/30 dev "+device,
		"link set "+device+" up"); err != nil {
		return err
	}
	if err := feed(ctx, []string{"nsenter", "-t", pid, "-n", "ip", "-batch", "-"},
		"address add "+there+"/30 dev eth0",
		"link set eth0 up"); err != nil {
		return err
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(there, u.Port()), 2*time.Second)
	if err != nil {
		return err
	}
	h.Address = "http://" + conn.RemoteAddr().String()
	return conn.Close()
}

// feed runs a program with lines for its standard input.
func feed(ctx context.Context, command []string, lines ...string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %.200q", command[0], err, said)
	}
	return nil
}
