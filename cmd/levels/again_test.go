package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/spf13/cobra"
)

func planOf(t *testing.T, args []string) bench.Plan {
	t.Helper()
	var b benchFlags
	cmd := &cobra.Command{}
	b.add(cmd)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	p, err := b.plan(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The command that a page tells means the plan of its run.
func TestCommandMeansThePlan(t *testing.T) {
	for _, args := range []string{
		"", "--preset full", "--preset full --measure metg", "--preset full --measure metg,load --work io", "--preset full --seed 7 --rounds 6", "--measure load --work cpu --latency 20ms", "--grain 100,1000 --work cpu --level serial,thread",
		"--level machine/rpc>thread,serial --pages all", "--measure metg", "--level machine/queue --rtt 1ms,10ms --latency 0s --embedded", "--measure table,load --work cpu",
		"--pitfall T2,A2 --rounds 7", "--preset pitfalls",
	} {
		plan := planOf(t, strings.Fields(args))
		told := commandOf(plan)
		words := strings.Fields(strings.ReplaceAll(told, "'", ""))
		if len(words) < 4 || strings.Join(words[:4], " ") != "go run ./cmd/levels bench" {
			t.Errorf("%q: have the command %q", args, told)
			continue
		}
		if again := planOf(t, words[4:]); fmt.Sprint(again) != fmt.Sprint(plan) {
			t.Errorf("%q: %s\nmeans %v\nwant  %v", args, told, again, plan)
		}
	}
}

// Parts that no flags can say have no command.
func TestPlanWithoutCommand(t *testing.T) {
	plan := planOf(t, nil)
	plan.Axes = append(plan.Axes, bench.Axes{Kinds: []string{"load"}, Levels: []string{"thread"}, Works: []string{"io"}, Every: 4})
	if told := commandOf(plan); told != "" {
		t.Errorf("have %q", told)
	}
}

func TestShellWord(t *testing.T) {
	for text, want := range map[string]string{"serial,thread": "serial,thread", "a>b": "'a>b'", "$(reboot)": "'$(reboot)'", "a'b": `'a'\''b'`, "a\nb": "'a b'"} {
		if have := shellWord(text); have != want {
			t.Errorf("%q: have %s, want %s", text, have, want)
		}
	}
}
