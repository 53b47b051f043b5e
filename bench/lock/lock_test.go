package lock

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binary is its own child: with "take" and a folder as its arguments it
// takes the lock, or says why not, and stays until its stdin ends.
func TestMain(m *testing.M) {
	if len(os.Args) != 3 || os.Args[1] != "take" {
		goleak.VerifyTestMain(m)
	}
	l, err := takeAs(os.Args[2])
	if err != nil {
		fmt.Println(err)
	} else {
		defer l.Release()
		fmt.Println("taken")
	}
	io.Copy(io.Discard, os.Stdin)
}

// spawn starts a child that tries to take the lock, and answers what it said.
// It ends with the test, if not before.
func spawn(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "take", dir)
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // not a second for each exit
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if in.Close(); cmd.ProcessState == nil {
			cmd.Wait()
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSuffix(line, "\n")
}

func take(t *testing.T, dir string) *Lock {
	t.Helper()
	l, err := Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Release() })
	return l
}

// refused checks that a message is the whole of what a second run is told.
func refused(t *testing.T, message, dir string, pid int) {
	t.Helper()
	want := fmt.Sprintf(`^%s: another run is writing here \(pid %d, since [-\d ]*\d\d:\d\d:\d\d\), wait for it$`,
		regexp.QuoteMeta(dir), pid)
	if !regexp.MustCompile(want).MatchString(message) {
		t.Errorf("have %q, want %s", message, want)
	}
}

func TestSecondIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results", "runs") // is made
	take(t, dir)
	l, err := Take(dir)
	if err == nil {
		l.Release()
		t.Fatal("the lock was taken twice")
	}
	refused(t, err.Error(), dir, os.Getpid())

	_, said := spawn(t, dir)
	refused(t, said, dir, os.Getpid())
}

func TestOtherFolderIsFree(t *testing.T) {
	take(t, t.TempDir())
	take(t, t.TempDir())
}

func TestRelease(t *testing.T) {
	dir := t.TempDir()
	l := take(t, dir)
	for range 2 {
		if err := l.Release(); err != nil {
			t.Error(err)
		}
	}
	next := take(t, dir)
	l.Release() // a third time, and not what is now somebody else's
	if second, err := Take(dir); err == nil {
		second.Release()
		t.Error("a lock was taken that another has")
	}
	if err := next.Release(); err != nil {
		t.Error(err)
	}
	if _, said := spawn(t, dir); said != "taken" {
		t.Errorf("after Release a child is told %q", said)
	}
}

// A holder that is killed has no chance to tidy up, and needs none.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	holder, said := spawn(t, dir)
	if said != "taken" {
		t.Fatal(said)
	}
	l, err := Take(dir)
	if err == nil {
		l.Release()
		t.Fatal("the lock was taken from a live child")
	}
	refused(t, err.Error(), dir, holder.Process.Pid)

	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	holder.Wait()
	take(t, dir)
	_, said = spawn(t, dir)
	refused(t, said, dir, os.Getpid())
}

// What is in the file decides nothing, and hides nothing from the next one.
func TestStaleFile(t *testing.T) {
	for _, left := range []string{
		"", "x", "\n\n\n", "\x00999999 2020-01-01T00:00:00Z\n",
		fmt.Sprintf("\x00%d %s\n", os.Getpid(), time.Now().Format(time.RFC3339)),
		strings.Repeat("garbage \xff\x00", 1000),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, Name), []byte(left), 0o600); err != nil {
			t.Fatal(err)
		}
		take(t, dir)
		_, said := spawn(t, dir)
		refused(t, said, dir, os.Getpid())
	}
}

func TestHolder(t *testing.T) {
	now := time.Date(2026, 5, 4, 13, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"\x001234 2026-05-04T12:00:05Z\n":             " (pid 1234, since 12:00:05)",
		"\x001234 2026-05-04T12:00:05+02:00\nthe old": " (pid 1234, since 10:00:05)",
		"\x001234 2026-05-01T12:00:05Z\n":             " (pid 1234, since 2026-05-01 12:00:05)",
		"\x001234 2026-05-04T12:00:05Z":               "", // half written
		"\x001234 today\n":                            "",
		"\x001234\n":                                  "",
		"\x00-1 2026-05-04T12:00:05Z\n":               "",
		"\x00\n":                                      "",
		"":                                            "",
		"\x00" + strings.Repeat("1", 200) + "\n":      "",
	} {
		path := filepath.Join(t.TempDir(), Name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if have := holder(path, now); have != want {
			t.Errorf("%.60q: have %q, want %q", text, have, want)
		}
	}
	if have := holder(filepath.Join(t.TempDir(), Name), now); have != "" {
		t.Errorf("without a file: have %q", have)
	}
}

// explained checks that an error says in one line what cannot be done, and where.
func explained(t *testing.T, message, dir string) {
	t.Helper()
	if !strings.HasPrefix(message, dir+": no run can be written here: ") || strings.Contains(message, "\n") {
		t.Errorf("have %q", message)
	}
}

func TestNotAFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Take(path)
	if err == nil {
		t.Fatal("a file was locked as a folder")
	}
	explained(t, err.Error(), path)
}

func TestFolderInTheWay(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, Name), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Take(dir)
	if err == nil {
		t.Fatal("a folder was locked as a file")
	}
	explained(t, err.Error(), dir)
}
