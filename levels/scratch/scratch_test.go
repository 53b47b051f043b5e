package scratch_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/scratch"
)

// ownerEnv has the test binary be a program that has a folder, until its standard input ends.
const ownerEnv = "SCRATCH_TEST_OWNER"

func TestMain(m *testing.M) {
	if how := os.Getenv(ownerEnv); how != "" {
		if err := beOwner(how); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// beOwner has one folder, or makes one after the other.
func beOwner(how string) error {
	if how == "many" {
		return many(100)
	}
	f, err := scratch.New("files")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(f.Path, "file"), nil, 0o600); err != nil {
		return err
	}
	fmt.Println(f.Path)
	io.Copy(io.Discard, os.Stdin)
	return f.Close()
}

// many makes folders, each of which must be there for as long as it is in use.
func many(n int) error {
	for range n {
		f, err := scratch.New("files")
		if err != nil {
			return err
		}
		file := filepath.Join(f.Path, "file")
		err = os.WriteFile(file, nil, 0o600)
		scratch.Sweep(os.TempDir())
		if _, stat := os.Stat(file); err != nil || stat != nil {
			return fmt.Errorf("a folder in use was swept: %w, %w", err, stat)
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// An owning is a program that has a folder.
type owning struct {
	*exec.Cmd
	leash io.Closer
	path  string
}

func startOwner(t *testing.T) owning {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), ownerEnv+"=one", "GORACE=atexit_sleep_ms=0"), os.Stderr
	leash, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return owning{cmd, leash, strings.TrimSpace(line)}
}

// inUse makes an empty folder the one for temporary files.
func inUse(t *testing.T) (temp string) {
	t.Helper()
	temp = t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, temp)
	}
	return temp
}

func isThere(path string) bool {
	_, err := os.Stat(filepath.Join(path, "file"))
	return !errors.Is(err, fs.ErrNotExist)
}

func isEmpty(t *testing.T, temp string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(temp, "*")); len(left) > 0 || err != nil {
		t.Errorf("these stay: %q, %v", left, err)
	}
}

// The folder of a program that was killed goes when the next one makes its own; that of a
// program that lives stays, until it closes it.
func TestNextSweeps(t *testing.T) {
	temp := inUse(t)
	killed, lives := startOwner(t), startOwner(t)
	if !isThere(killed.path) || !isThere(lives.path) {
		t.Error("two that live have swept each other")
	}
	killed.Process.Kill()
	killed.Wait()
	if !isThere(killed.path) {
		t.Error("a folder went with its program, so nothing is shown")
	}
	f, err := scratch.New("mine")
	if err != nil {
		t.Fatal(err)
	}
	if isThere(killed.path) || !isThere(lives.path) || filepath.Base(f.Path) != "mine" {
		t.Errorf("after the next start: there is %t of the one killed, and %t of the one that lives; mine is %s", isThere(killed.path), isThere(lives.path), f.Path)
	}
	lives.leash.Close()
	if err := errors.Join(lives.Wait(), f.Close()); err != nil {
		t.Error(err)
	}
	isEmpty(t, temp)
}

// Many that make, sweep and close at once never take each other's, in one process and in others.
func TestManyAtOnce(t *testing.T) {
	temp := inUse(t)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := many(100); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), ownerEnv+"=many", "GORACE=atexit_sleep_ms=0")
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, said)
			}
		})
	}
	all.Wait()
	isEmpty(t, temp)
}

// Only what is ours is swept: nothing that has files and no lock, and nothing by another name.
func TestOthersStay(t *testing.T) {
	temp := inUse(t)
	for _, name := range []string{"fourlevels-1", "fourlevels-x", "another-1"} {
		if err := os.Mkdir(filepath.Join(temp, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"fourlevels-1/file", "fourlevels-x/owner.lock", "another-1/owner.lock"} {
		if err := os.WriteFile(filepath.Join(temp, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	scratch.Sweep(temp)
	if left, err := filepath.Glob(filepath.Join(temp, "*")); len(left) != 3 || err != nil {
		t.Errorf("these are left: %q, %v", left, err)
	}
}

// What a program leaves that is killed before it has its lock goes, too.
func TestEmptyGoes(t *testing.T) {
	temp := inUse(t)
	if err := os.Mkdir(filepath.Join(temp, "fourlevels-1"), 0o700); err != nil {
		t.Fatal(err)
	}
	scratch.Sweep(temp)
	isEmpty(t, temp)
}
