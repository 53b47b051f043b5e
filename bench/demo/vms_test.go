package demo

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

func TestVMs(t *testing.T) {
	for name, apart := range map[string]bool{"apart": true, "loopback": false} {
		t.Run(name, func(t *testing.T) {
			events := watched(t, func(ctx context.Context, s *live.Stage, c Config) error { return runVMs(ctx, s, c, apart) }, quickly())
			table, said := finalTable(t, events)
			if len(table.Rows) != 4 || said != vmsPunchline {
				t.Errorf("rows %q, and at last %q", table.Rows, said)
			}
			if all, one := lastCounts(events, "four machines on one host")["dark"], lastCounts(events, "four hosts, EMULATED")["dark"]; all != 100 || one != 25 {
				t.Errorf("%v %% went dark with the one host, want 100; %v %% with one of four, want 25", all, one)
			}
			if got := table.Rows[2][3]; got != "100 %" {
				t.Errorf("the table says %q of the one host", got)
			}
			if got := table.Rows[3][1]; got != "not measured" {
				t.Errorf("the table says %q of four hosts", got)
			}
			if !apart && !strings.Contains(table.Note, "loopback") {
				t.Errorf("the note does not say that all share loopback: %q", table.Note)
			}
			oneHost(t, events)
			noWires(t)
		})
	}
}

// oneHost fails the test unless the machines are shown to be on one. What /proc does not tell
// outside Linux is no proof.
func oneHost(t *testing.T, events []live.Event) {
	t.Helper()
	boots, addresses := map[string]bool{}, map[string]bool{}
	for _, e := range events {
		if e.Table == nil || e.Table.Head[0] != "machine" {
			continue
		}
		if len(e.Table.Rows) != 4 {
			t.Errorf("rows %q, want four", e.Table.Rows)
		}
		for _, row := range e.Table.Rows {
			addresses[row[1]], boots[row[bootID]] = true, true
		}
	}
	if len(boots) != 1 || len(addresses) != 4 || boots[unsaid] && runtime.GOOS == "linux" {
		t.Errorf("boot ids %v, want one; addresses %v, want four", boots, addresses)
	}
}

// What is said of the machines is what was found out.
func TestVMsSay(t *testing.T) {
	for want, ids := range map[string][]string{"One boot id": {"a", "a"}, "2 boot ids": {"a", "b"}, "no boot id": {unsaid, unsaid}} {
		var rows [][]string
		for _, id := range ids {
			rows = append(rows, []string{"vm", "address", "network", id, "0-1"})
		}
		if got := kernels(rows); !strings.Contains(got, want) {
			t.Errorf("of %q it says %q, want %q", ids, got, want)
		}
	}
	for dark, want := range map[float64]int{25: 1, 50: 2, 100: 3} {
		if got := darkAnswer(dark); got != want {
			t.Errorf("%v %% dark is answer %d, want %d", dark, got, want)
		}
	}
}

// A demo may be left at any moment.
func TestVMsInterrupted(t *testing.T) {
	neverBegun(t, vms)
	for _, when := range []func(live.Event) bool{scene("4 machines"), spanIn(live.Dark)} {
		interrupted(t, vms, when)
	}
	noWires(t)
}

// noWires waits until the kernel has taken the devices away that joined the machines.
func noWires(t *testing.T) {
	t.Helper()
	mine := fmt.Sprintf("lv%dn", os.Getpid())
	left := []string{}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		left = left[:0]
		all, err := net.Interfaces()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range all {
			if strings.HasPrefix(i.Name, mine) {
				left = append(left, i.Name)
			}
		}
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("devices stay behind: %v", left)
}
