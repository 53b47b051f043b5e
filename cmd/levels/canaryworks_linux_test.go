package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Where all goes well, the password is with those processes that talk to the Redis, and
// nowhere else: not in the processes inside them, and not in what is kept of a run.
func TestCanaryWhenItWorks(t *testing.T) {
	url := "redis://:" + canary + "@" + guarded(t, canary).Addr()
	env := []string{"REDIS_URL=" + url}
	for _, c := range []struct {
		told string // a word in the command of those that need the password; "" is nobody
		args string
	}{
		{" worker queue ", "words --level machine/queue:1>process:1 --corpus DIR"},
		{" worker desk ", "demo kill --pace 0.01 --record DIR/kill.show --trace DIR/kill.json"},
		{"", "queue info --interval 0"},
		{"", "queue tail --count 1 --interval 100ms --json"},
	} {
		t.Run(strings.Fields(c.args)[0], func(t *testing.T) {
			s := newSpy(t)
			if c.told != "" {
				s.told = []string{c.told}
			}
			s.unseen(env, nil, append([]string{"levels"}, strings.Fields(c.args)...)...)
			if s.knew != (c.told != "") {
				t.Errorf("a process with the password was seen: %v", s.knew)
			}
		})
	}
	t.Run("bench", func(t *testing.T) {
		s := newSpy(t, "bench.test -test.", "bench.test queue ")
		s.unseen(nil, nil, "levels", "bench", "--level", "machine/queue", "--work", "empty", "--rounds", "1", "--benchtime", "1ms",
			"--corpus", "DIR", "--out", "DIR/runs", "--redis", url)
		if !s.knew {
			t.Error("the benchmark was not seen with the password")
		}
		runs, err := filepath.Glob(filepath.Join(s.dir, "runs", "*", "samples.txt"))
		if err != nil || len(runs) != 1 {
			t.Fatalf("runs are %v, %v", runs, err)
		}
		for _, format := range []string{"table", "markdown", "csv", "json"} {
			s.unseen(env, nil, "levels", "report", runs[0], "--format", format, "--html", "DIR/report.html")
		}
	})
}

// A Redis that dies is told of without its password, by those that had used it.
func TestCanaryWhenRedisDies(t *testing.T) {
	for _, c := range []struct{ args, up string }{
		{"worker queue --grace 100ms", "ready levels"},
		{"queue tail --interval 100ms", " 0 "},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			redis, s := guarded(t, canary), newSpy(t)
			addr := redis.Addr()
			url := "redis://:" + canary + "@" + addr
			s.unseen([]string{"REDIS_URL=" + url}, func(cmd *exec.Cmd, out *said) {
				eventually(t, func() bool { return strings.Contains(out.stdout.String(), c.up) })
				redis.Close()
				knocked(t, addr)
				cmd.Process.Signal(os.Interrupt)
			}, append([]string{"levels"}, strings.Fields(c.args)...)...)
		})
	}
}

// knocked waits until somebody looks for the Redis that was at an address.
func knocked(t *testing.T, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer l.Close()
	l.(*net.TCPListener).SetDeadline(time.Now().Add(time.Minute))
	conn, err := l.Accept()
	if err != nil {
		t.Error(err)
		return
	}
	conn.Close()
}

// Nor is the token of a machine told: not when it is refused, and not to those who lack it.
func TestCanaryInTheToken(t *testing.T) {
	for _, token := range []string{canary, canary + "-and-more-of-it"} {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		var meanwhile func(*exec.Cmd, *said)
		if token != canary { // or it is too short, and the worker does not begin
			meanwhile = askWithoutToken(t)
		}
		s := newSpy(t)
		s.unseen(nil, meanwhile, "levels", "worker", "rpc", "--level", "process:1", "--token-file", file)
	}
}

// askWithoutToken asks a worker that has begun, and ends it.
func askWithoutToken(t *testing.T) func(*exec.Cmd, *said) {
	return func(cmd *exec.Cmd, out *said) {
		defer cmd.Process.Signal(os.Interrupt)
		eventually(t, func() bool { return strings.HasSuffix(out.stdout.String(), "\n") })
		answer, err := http.Get(strings.TrimSpace(strings.TrimPrefix(out.stdout.String(), "ready ")))
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusUnauthorized || strings.Contains(string(text), canary) {
			t.Errorf("without the token it answers %s: %s, %v", answer.Status, text, err)
		}
	}
}
