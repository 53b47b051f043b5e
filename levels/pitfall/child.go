package pitfall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/levels/process/child"
)

// environment tells a process what it was started for: ROLE ID, and for a helper its name.
const environment = "FOURLEVELS_PITFALL"

// Child plays the part that this process was started for, if it was started to run a
// pitfall, and exits; otherwise it returns at once. Call it first in main, and in the
// TestMain of every package whose tests run pitfalls, with those that may be asked for.
func Child(all ...Pitfall) {
	role := strings.Fields(os.Getenv(environment))
	if len(role) == 0 {
		return
	}
	os.Unsetenv(environment) // it is not the child's children's
	if err := play(role, all); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func play(role []string, all []Pitfall) error {
	for _, p := range all {
		switch {
		case len(role) < 2 || p.ID != role[1]:
		case role[0] == "helper" && len(role) == 3:
			help, ok := p.Helpers[role[2]]
			if !ok {
				return fmt.Errorf("%s has no helper %q", p.ID, role[2])
			}
			return help(os.Args[1:])
		case role[0] != "helper":
			return p.report(Which(role[0]))
		}
	}
	return fmt.Errorf("%s=%q: no such pitfall in this program", environment, strings.Join(role, " "))
}

// report runs one of the two and writes what it saw to standard output. The process ends
// with its leash, whatever the program does.
func (p Pitfall) report(which Which) error {
	answer := os.Stdout
	os.Stdout = os.Stderr
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() { // ends with the process
		io.Copy(io.Discard, os.Stdin)
		cancel(errors.New("the prover has left"))
		time.Sleep(patience) // for what it has to clear away
		clearAway()
		os.Exit(1)
	}()
	defer clearAway()
	side, err := p.Look(ctx, which)
	if err != nil {
		return err
	}
	return json.NewEncoder(answer).Encode(side)
}

// litter names the folder of temporary files that a prover gave a part. Both remove it:
// each of them may be killed.
const litter = "FOURLEVELS_PITFALL_TEMP"

func clearAway() {
	child.KillTethered() // servers: where the kernel does not see to them, nobody would
	if dir := os.Getenv(litter); dir != "" {
		os.RemoveAll(dir) // the prover tries again, and tells
	}
}

// Helper is the command that runs one of a pitfall's helpers in a process of its own.
// Start it with package child, or see to it yourself that it is waited for. A helper must
// end with its standard input: then none outlives a prover that is killed.
func Helper(id, name string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), environment+"=helper "+id+" "+name)
	if os.Getenv("GORACE") == "" {
		cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=0") // or it takes a second to leave
	}
	return cmd
}

// deadline is what one of them may take. They take a second or two: this is for machines that are
// far slower, and for programs that hang.
const deadline = time.Minute

// patience is how long a part that is told to leave may take before it is killed.
const patience = 3 * time.Second

// Apart is [Pitfall.Look] in a process of its own, with a deadline. The main and the TestMain of
// the program that calls it must begin with [Child].
func (p Pitfall) Apart(ctx context.Context, which Which) (s Side, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, fmt.Errorf("it has not ended within %v", deadline))
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return s, err
	}
	// What a part leaves in the folder of temporary files is gone with it, even if it is killed.
	temp, err := os.MkdirTemp("", "pitfall-")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	cmd := exec.Command(self)
	cmd.Env = append(child.Environ(), environment+"="+string(which)+" "+p.ID, "GORACE=atexit_sleep_ms=0", litter+"="+temp, "TMPDIR="+temp, "TMP="+temp, "TEMP="+temp)
	if which == Broken { // the race detector has much to say of these, and is right
		cmd.Env = append(cmd.Env, "GORACE=exitcode=0 atexit_sleep_ms=0")
	}
	c, err := child.Start(cmd)
	if err != nil {
		return s, fmt.Errorf("start %s of %s: %w", which, p.ID, err)
	}
	stop := context.AfterFunc(ctx, func() { c.Stop(patience + time.Second) })
	defer stop()
	told := json.NewDecoder(c.Stdout).Decode(&s)
	left := c.Stop(patience + time.Second) // it ends by itself, or by its leash
	switch {
	case ctx.Err() != nil && told != nil:
		return s, fmt.Errorf("%s of %s: %w", which, p.ID, context.Cause(ctx))
	case left != nil:
		return s, fmt.Errorf("%s of %s: %w", which, p.ID, c.Obituary())
	case told != nil:
		return s, fmt.Errorf("%s of %s: what it told is cut off: %w", which, p.ID, told)
	}
	return s, nil
}
