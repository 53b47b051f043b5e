package fleet_test

import (
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/fleet"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"async":                                "async",
		"machine":                              "machine/rpc",
		"python:4":                             "python/threads:4",
		"process/pipe:16":                      "process:16",
		"machine/queue:2>process:4>async:64":   "machine/queue:2>process:4>async:64",
		"machine/queue > process > async/pool": "machine/queue>process>async",
	} {
		spec, err := fleet.Parse(in)
		if err != nil || spec.String() != want {
			t.Errorf("Parse(%q) = %s, %v; want %s", in, spec, err, want)
		}
		again, err := fleet.Parse(spec.String())
		if err != nil || again.String() != want {
			t.Errorf("Parse(%q), printed and parsed again, is %s, %v", in, again, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                  `unknown level "": one of serial, machine, process, thread, async, python`,
		"thraed":            `unknown level "thraed": one of serial, machine, process, thread, async, python; did you mean "thread"?`,
		"xyzzy":             `unknown level "xyzzy": one of serial, machine, process, thread, async, python`,
		"machine/que":       `unknown implementation of machine "que": one of rpc, queue; did you mean "queue"?`,
		"thread>async":      `"thread>async": thread runs functions itself, so no level can be inside it; machine and process can have one`,
		"async:0":           `width "0" of async: want a number from 1 to 4096`,
		"process:99999":     `width "99999" of process: want a number from 1 to 4096`,
		"process:4>":        `unknown level "": one of serial, machine, process, thread, async, python`,
		"process>python":    `"process>python": python cannot be inside another level: it knows no functions of Go`,
		"python>async":      `"python>async": python runs functions itself, so no level can be inside it; machine and process can have one`,
		"machine/rpc:x>run": `width "x" of machine: want a number from 1 to 4096`,
	} {
		if _, err := fleet.Parse(in); err == nil || err.Error() != want {
			t.Errorf("Parse(%q): %v\nwant %s", in, err, want)
		}
	}
}

func TestAtOnce(t *testing.T) {
	for in, want := range map[string]int{
		"serial": 1, "async:7": 7, "async": 256, "process:3": 3,
		"machine/rpc:2>async:128": 256, "machine/rpc": 512, "machine/queue:2>process:3>async:5": 30,
	} {
		if spec, err := fleet.Parse(in); err != nil || spec.AtOnce() != want {
			t.Errorf("%s runs %d at once (%v), want %d", in, spec.AtOnce(), err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("machine/queue:2>process:4>async:64")
	f.Fuzz(func(t *testing.T, in string) {
		spec, err := fleet.Parse(in)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error for %q has more than one line: %v", in, err)
			}
			return
		}
		if again, err := fleet.Parse(spec.String()); err != nil || again.String() != spec.String() {
			t.Errorf("%q became %q, and that %q, %v", in, spec, again, err)
		}
	})
}
