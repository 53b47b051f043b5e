package netns_test

import (
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/netns"
)

// A network has one wire, which can be unplugged, and nothing of it stays.
func TestNetwork(t *testing.T) {
	if missing := netns.Needs(); missing != "" {
		t.Skip(missing)
	}
	before := devices(t)
	n, err := netns.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", n.Here+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if !reaches(n, l.Addr()) {
		t.Error("the network does not reach this end of its wire")
	}
	if err := n.Unplug(t.Context()); err != nil {
		t.Error(err)
	}
	if reaches(n, l.Addr()) {
		t.Error("the wire is unplugged, and carries on")
	}
	if err := n.Plug(t.Context()); err != nil {
		t.Error(err)
	}
	if !reaches(n, l.Addr()) {
		t.Error("the wire is plugged in again, and carries nothing")
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(10 * time.Second); devices(t) != before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) { // the kernel takes its time
			t.Fatalf("devices are %s, and were %s", devices(t), before)
		}
	}
}

// reaches reports whether an address can be reached from inside the network.
func reaches(n *netns.Network, to net.Addr) bool {
	host, port, _ := net.SplitHostPort(to.String())
	return n.Command("timeout", "1", "bash", "-c", "exec 3<>/dev/tcp/"+host+"/"+port).Run() == nil
}

// devices are the names of the wires' ends here.
func devices(t *testing.T) string {
	said, err := exec.Command("ip", "-brief", "link", "show", "type", "veth").Output()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(said)) {
		names = append(names, strings.Fields(line)[0])
	}
	return strings.Join(names, " ")
}
