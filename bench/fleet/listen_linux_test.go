package fleet_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Nor does one serve a socket of that kind that it inherits.
func TestOffLoopbackIsRefusedWhenHandedDown(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0") // nobody accepts here
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for _, role := range []string{"rpc", "origin"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], role, "--listen", "fd:3", "--leash") // which ends at once
		var stderr bytes.Buffer
		cmd.ExtraFiles, cmd.Stderr = []*os.File{socket}, &stderr
		if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(stderr.String(), "from other machines") {
			t.Errorf("%s: %v: %s", role, err, &stderr)
		}
	}
}
