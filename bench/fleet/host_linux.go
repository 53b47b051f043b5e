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
	"time"

	"github.com/fourlevels/fourlevels/bench/netns"
)

// startApart starts the machine in a network namespace of its own, and lays a wire to
// it. Both end with the machine, however that ends, so nothing stays behind even if this
// process is killed.
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

// wire joins the machine's namespace to this one.
func (h *Host) wire(ctx context.Context, where string) error {
	u, err := url.Parse(where)
	if err != nil {
		return err
	}
	w, err := netns.Lay(ctx, h.Pid())
	if err != nil {
		return err
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(w.There, u.Port()), 2*time.Second)
	if err != nil {
		return err
	}
	h.Address = "http://" + conn.RemoteAddr().String()
	return conn.Close()
}
