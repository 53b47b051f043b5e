package fleet_test

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/fleet"
)

// Without a token no worker listens where other machines can reach it, not even for a
// moment: the port is taken, and that is not what it says.
func TestOffLoopbackIsRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, role := range []string{"rpc", "origin"} {
		for _, host := range []string{"0.0.0.0", "", "[::]", "192.0.2.1"} {
			w := fleet.Worker{Role: role, Listen: host + ":" + port, Corpus: "."}
			err := w.Run(t.Context(), funcs())
			wrong := fleet.ArgumentError{}
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "from other machines") {
				t.Errorf("%s on %q: %v", role, w.Listen, err)
			}
		}
	}
}
