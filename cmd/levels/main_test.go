package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// TestMain lets the test binary be the command, under its name. The command
// starts itself as its workers, and so that works here too.
func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){"levels": main})
}

// tidy runs tests, which fail if they leave a goroutine.
type tidy struct{ *testing.M }

// Run implements [testscript.TestingM].
func (m tidy) Run() int {
	code := m.M.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// The scripts in testdata are what users do. Those which measure need the go
// command and this source tree; none needs a Redis.
func TestScripts(t *testing.T) {
	goEnv, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		Setup:              func(e *testscript.Env) error { return setUp(e, goEnv) },
		Cmds:               commands(),
		Condition:          condition,
		RequireUniqueNames: true,
	})
}

// setUp gives a script the source tree as $ROOT, the programs as $GO and $LEVELS,
// and an empty folder for temporary files, which has to be empty again at the end.
func setUp(e *testscript.Env, goEnv []string) error {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	tmp := filepath.Join(e.WorkDir, "tmp")
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return err
	}
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		e.Setenv(name, tmp)
	}
	e.Setenv("ROOT", root)
	e.Setenv("GORACE", "atexit_sleep_ms=0") // or every worker built with -race takes a second to leave
	e.Vars = append(e.Vars, goEnv...)
	e.Values[lastEnded{}] = new(*exec.Cmd)
	return nil
}

// programs tells where the go command is, and what it needs to find its caches
// without a home; and where the levels command is, for a script without PATH.
func programs() ([]string, error) {
	program, err := exec.LookPath("go")
	if err != nil {
		return nil, err
	}
	levels, err := exec.LookPath("levels")
	if err != nil {
		return nil, err
	}
	env := []string{"GO=" + program, "LEVELS=" + levels}
	names := []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOTOOLCHAIN"}
	out, err := exec.Command(program, append([]string{"env"}, names...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	values := strings.Split(string(out), "\n")
	for i, name := range names {
		env = append(env, name+"="+cmp.Or(strings.TrimSpace(values[i]), os.Getenv(name)))
	}
	return env, nil
}
