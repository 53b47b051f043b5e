package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

// reaches are the rows of SECURITY.md on who can reach what, with commands that show them.
var reaches = map[string]struct {
	listens bool
	ends    bool // by itself; the others are interrupted
	args    []string
}{
	"levels bench, levels words, levels advise, levels doctor": {true, true, []string{"words --level machine/rpc>process,machine/queue>async --corpus DIR", "doctor"}},
	"levels demo":         {true, true, []string{"demo race --pace 0.01"}},
	"levels demo --web":   {true, true, []string{"demo kill --web --pace 0.01"}},
	"levels worker rpc":   {true, false, []string{"worker rpc"}},
	"levels worker store": {true, false, []string{"worker store"}},
	"levels origin":       {true, false, []string{"origin --corpus DIR"}},
	"levels worker process, levels worker queue": {false, true, []string{"worker process", "worker queue --redis redis://127.0.0.1:1"}},
	"levels overload": {true, true, []string{"overload --level machine/rpc,machine/queue --for 1s"}},
	"levels chaos":    {true, true, []string{"chaos --jobs 100 --duration 1s --faults producers"}},
	"levels queue":    {false, true, []string{"queue info --redis redis://127.0.0.1:1"}},
	"levels report, levels compare, levels matrix": {false, true, []string{"report results/kvm-2x-epyc/20261123T141946Z-a2e2bafabc --html DIR/report.html", "matrix"}},
}

// reachRow is a row of the table in SECURITY.md.
var reachRow = regexp.MustCompile("(?m)^\\| (`levels [^|]+`) \\| ([^|]+?) \\|")

// What SECURITY.md says of who can reach what is so: it names each of these, and none of
// their processes listens but on loopback.
func TestNothingListensOffLoopback(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := reachRow.FindAllStringSubmatch(string(page), -1)
	if len(rows) != len(reaches) {
		t.Errorf("SECURITY.md has %d rows, %d are tested", len(rows), len(reaches))
	}
	for _, row := range rows {
		commands := strings.ReplaceAll(row[1], "`", "")
		t.Run(commands, func(t *testing.T) {
			t.Parallel()
			c, ok := reaches[commands]
			if !ok {
				t.Fatal("this row is not tested")
			}
			if missing := lab.Needs(); commands == "levels chaos" && missing != "" {
				t.Skip(missing)
			}
			if said := row[2] != "nothing"; said != c.listens {
				t.Errorf("SECURITY.md says that it listens: %v", said)
			}
			s, found := newSpy(t), map[string]bool{}
			s.also = func(pid int) { listeners(pid, found) }
			var meanwhile func(*exec.Cmd, *said)
			if !c.ends {
				meanwhile = func(cmd *exec.Cmd, _ *said) {
					eventually(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(found) > 0 })
					cmd.Process.Signal(os.Interrupt)
				}
			}
			for _, args := range c.args {
				s.run([]string{"REDIS_URL="}, meanwhile, append([]string{"levels"}, strings.Fields(args)...)...)
			}
			for where := range found {
				if host, _, err := net.SplitHostPort(where); err != nil || !net.ParseIP(host).IsLoopback() {
					t.Errorf("it listens on %s", where)
				}
			}
			if c.listens != (len(found) > 0) {
				t.Errorf("it was seen to listen on %v", found)
			}
		})
	}
}

// listeners adds the addresses that a process listens on: of TCP sockets that wait for
// others, and of UDP sockets that anybody can send to.
func listeners(pid int, found map[string]bool) {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	own := map[string]bool{}
	fds, _ := os.ReadDir(filepath.Join(proc, "fd")) // it may be gone
	for _, fd := range fds {
		to, _ := os.Readlink(filepath.Join(proc, "fd", fd.Name()))
		if inode, ok := strings.CutPrefix(to, "socket:["); ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	if len(own) == 0 {
		return
	}
	for table, state := range map[string]string{"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"} {
		f, err := os.Open(filepath.Join(proc, "net", table))
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			words := strings.Fields(lines.Text())
			if len(words) > 9 && words[3] == state && own[words[9]] {
				found[address(words[1])] = true
			}
		}
		f.Close()
	}
}

// address reads one as the kernel writes it: words of four bytes in the machine's order,
// here the lowest first, and a port.
func address(text string) string {
	host, port, _ := strings.Cut(text, ":")
	var ip net.IP
	for i := 0; i+8 <= len(host); i += 8 {
		n, err := strconv.ParseUint(host[i:i+8], 16, 32)
		if err != nil {
			return text
		}
		ip = append(ip, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return text
	}
	return net.JoinHostPort(ip.String(), fmt.Sprint(n))
}

// The scan sees whoever listens where others can reach it.
func TestScanFindsListeners(t *testing.T) {
	for _, c := range []struct{ network, at, want string }{
		{"tcp4", "0.0.0.0:0", "0.0.0.0"}, {"tcp6", "[::]:0", "::"}, {"tcp4", "127.0.0.1:0", "127.0.0.1"}, {"tcp6", "[::1]:0", "::1"},
	} {
		l, err := net.Listen(c.network, c.at) // nobody accepts here
		if err != nil {
			t.Logf("%s: %v: this is not tested", c.at, err)
			continue
		}
		found := map[string]bool{}
		listeners(os.Getpid(), found)
		want := net.JoinHostPort(c.want, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
		if l.Close(); !found[want] {
			t.Errorf("%s is not among %v", want, found)
		}
	}
}
