package queue_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// certificate makes one that nobody knows, for this machine.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	cert, trust := storetest.Certificate(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(trust)
	return cert, pool
}

// rediss:// is TLS: it takes nobody's word for who the server is, unless it is
// told to.
func TestTLS(t *testing.T) {
	on(t, "mem://", func(r *rig) {
		cert, pool := certificate(r.T)
		m := miniredis.NewMiniRedis()
		m.RequireAuth(canary)
		if err := m.StartTLS(&tls.Config{Certificates: []tls.Certificate{cert}}); err != nil {
			r.Fatal(err)
		}
		r.Cleanup(m.Close)
		client := redis.NewClient(&redis.Options{Addr: m.Addr(), Password: canary, TLSConfig: &tls.Config{RootCAs: pool}})
		defer client.Close()
		trusting, err := queue.New(r.Context(), client, queue.Config{})
		if err != nil {
			r.Fatal(err)
		}
		r.works(trusting)
		if err := trusting.Close(); err != nil {
			r.Error(err)
		}
		_, port, _ := net.SplitHostPort(m.Addr()) // the certificate is for 127.0.0.1
		elsewhere := redis.NewClient(&redis.Options{Addr: "localhost:" + port, Password: canary, TLSConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}})
		defer elsewhere.Close()
		soon, enough := context.WithTimeout(r.Context(), time.Second)
		defer enough()
		_, err = queue.New(soon, elsewhere, queue.Config{})
		oneLine(r.T, "a server of another name", err, "certificate")
		r.works(r.openAt("rediss://:"+canary+"@"+m.Addr()+"?skip_verify=true", queue.Config{}))
		var dialed atomic.Int64 // a dialer of one's own gets TLS on top
		dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialed.Add(1)
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
		r.works(r.openAt("rediss://:"+canary+"@"+m.Addr()+"?skip_verify=true", queue.Config{Dial: dial}))
		if dialed.Load() == 0 {
			r.Error("Config.Dial was not asked")
		}
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if _, err := queue.Open(ctx, "rediss://:"+canary+"@"+m.Addr(), queue.Config{Dial: dial}); err == nil || !strings.Contains(err.Error(), "certificate") {
			r.Errorf("over a dialer of one's own a certificate that nobody knows: %v", err)
		}
		for url, want := range map[string]string{"rediss://:": "certificate", "redis://:": "Redis at " + m.Addr()} {
			ctx, cancel := context.WithTimeout(r.Context(), time.Second)
			_, err := queue.Open(ctx, url+canary+"@"+m.Addr(), queue.Config{})
			cancel()
			oneLine(r.T, url, err, want)
		}
	})
}
