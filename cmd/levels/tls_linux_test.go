package main

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// A Redis with a certificate of one's own is trusted by the command and its workers where
// SSL_CERT_FILE names who signed it; not without, and not by another name.
func TestOwnAuthority(t *testing.T) {
	cert, trusted := storetest.Certificate(t)
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, trusted, 0o600); err != nil {
		t.Fatal(err)
	}
	m := miniredis.NewMiniRedis()
	m.RequireAuth(canary)
	if err := m.StartTLS(&tls.Config{Certificates: []tls.Certificate{cert}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	_, port, _ := net.SplitHostPort(m.Addr())
	trust := "SSL_CERT_FILE=" + file
	for _, c := range []struct{ host, trust, args, out, err string }{
		{"127.0.0.1", trust, "queue info --interval 0", "queue default at rediss://***@", ""},
		{"127.0.0.1", trust, "words --level machine/queue:1 --corpus DIR", "machine/queue", ""},
		{"127.0.0.1", "SSL_CERT_FILE=", "queue info", "", "certificate"},
		{"localhost", trust, "queue info", "", "certificate"},
	} {
		t.Run(c.host+" "+c.args, func(t *testing.T) {
			t.Parallel()
			env := []string{c.trust, "REDIS_URL=rediss://:" + canary + "@" + c.host + ":" + port}
			out := newSpy(t, " worker queue ").unseen(env, nil, append([]string{"levels"}, strings.Fields(c.args)...)...)
			stdout, stderr := out.stdout.String(), out.stderr.String()
			if !strings.Contains(stdout, c.out) || !strings.Contains(stderr, c.err) || (c.err == "") != (stderr == "") {
				t.Errorf("it prints %q and %q, want %q and %q", stdout, stderr, c.out, c.err)
			}
		})
	}
}
