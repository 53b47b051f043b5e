package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// A Redis with a certificate of one's own is trusted by the command and its workers where
// SSL_CERT_FILE names who signed it; not without, and not by another name.
func TestOwnAuthority(t *testing.T) {
	cert, file := authority(t)
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

// authority makes a certificate for 127.0.0.1 that signs itself, and a file for those who
// trust it.
func authority(t *testing.T) (cert tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}
