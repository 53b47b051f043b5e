package fleet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/python"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/process"
	"github.com/fourlevels/fourlevels/levels/thread"
)

// A Spec names a level, and the levels inside it, from the outside in. It is
// written as
//
//	machine/queue:2>process:4>async:64
//
// which is a queue whose 2 machines run 4 processes each, of which each runs 64
// tasks at once. The implementation (after the slash) and the width (after the
// colon) may be left out.
type Spec []Part

// A Part is one level of a Spec.
type Part struct {
	Level string // "machine", "process", "thread", "async", "serial" or "python"
	Impl  string // how it is built, such as "rpc" or "queue"
	Width int    // workers, or for async tasks in flight; 0 means the level's own default
}

// Choices are the levels in the order of the talk, each with its
// implementations, of which the first is the default. Serial has only itself.
// Python is none of the talk's levels: it is there to be compared with them.
var Choices = []struct {
	Level string
	Impls []string
	Named bool // the default is named too, for no other goes without saying
}{
	{"serial", []string{"serial"}, false},
	{"machine", []string{"rpc", "queue"}, true},
	{"process", process.Transports, false},
	{"thread", slices.Concat(thread.Variants, []string{"gil"}), false},
	{"async", slices.Concat(async.Variants, []string{"loop"}), false},
	{"python", python.Kinds, true},
}

// Parse reads a Spec. Its errors list the choices and suggest the nearest.
func Parse(s string) (Spec, error) {
	var spec Spec
	for text := range strings.SplitSeq(s, ">") {
		part, err := parsePart(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		spec = append(spec, part)
	}
	if spec.AtOnce() > maxAtOnce {
		return nil, fmt.Errorf("%.80q runs more than %d tasks at once: lower the widths", s, maxAtOnce)
	}
	for _, p := range spec[:len(spec)-1] {
		if p.Level != "machine" && p.Level != "process" {
			return nil, fmt.Errorf("%.80q: %s runs functions itself, so no level can be inside it; machine and process can have one", s, p.Level)
		}
	}
	if len(spec) > 1 && spec.NeedsPython() {
		return nil, fmt.Errorf("%.80q: python cannot be inside another level: it knows no functions of Go", s)
	}
	return spec, nil
}

func parsePart(text string) (Part, error) {
	name, width, hasWidth := strings.Cut(text, ":")
	level, impl, hasImpl := strings.Cut(name, "/")
	p := Part{Level: level, Impl: impl}
	var names []string
	for _, c := range Choices {
		names = append(names, c.Level)
		if c.Level != level {
			continue
		}
		if !hasImpl {
			p.Impl = c.Impls[0]
		} else if err := Choose("implementation of "+level, impl, c.Impls); err != nil {
			return p, err
		}
	}
	if err := Choose("level", level, names); err != nil {
		return p, err
	}
	if hasWidth {
		n, err := strconv.Atoi(width)
		if err != nil || n < 1 || n > maxWidth {
			return p, fmt.Errorf("width %.20q of %s: want a number from 1 to %d", width, level, maxWidth)
		}
		p.Width = n
	}
	return p, nil
}

// The limits keep a slip of the finger from taking the machine.
const (
	maxWidth  = 4096
	maxAtOnce = 65536
)

// String writes the Spec as Parse reads it, without what is the default.
func (s Spec) String() string {
	parts := make([]string, len(s))
	for i, p := range s {
		parts[i] = p.Name()
		if p.Width > 0 {
			parts[i] += ":" + strconv.Itoa(p.Width)
		}
	}
	return strings.Join(parts, ">")
}

// Name is the level's name with its implementation, unless that goes without saying.
func (p Part) Name() string {
	for _, c := range Choices {
		if c.Level == p.Level && (c.Named || p.Impl != "" && p.Impl != c.Impls[0]) {
			return p.Level + "/" + p.Impl
		}
	}
	return p.Level
}

// Impl names how the Spec's outermost level is built, with what is inside it:
// "rpc", or "queue>process>async".
func (s Spec) Impl() string {
	if len(s) == 1 {
		return s[0].Impl
	}
	return s[0].Impl + ">" + strings.ReplaceAll(Spec(s[1:]).withoutWidths().String(), "/", ".")
}

func (s Spec) withoutWidths() Spec {
	s = slices.Clone(s)
	for i := range s {
		s[i].Width = 0
	}
	return s
}

// AtOnce is how many tasks can be running at the same time: the widths
// multiplied.
func (s Spec) AtOnce() int {
	n := 1
	for _, p := range s.complete() {
		if n *= p.Width; n > maxAtOnce {
			return maxAtOnce + 1 // before it overflows
		}
	}
	return n
}

// NeedsStore reports whether there is a queue anywhere in the Spec.
func (s Spec) NeedsStore() bool {
	return slices.ContainsFunc(s, func(p Part) bool { return p.Level == "machine" && p.Impl == "queue" })
}

// NeedsPython reports whether the Spec's tasks run in Python, which knows the
// workloads [python.Works] only.
func (s Spec) NeedsPython() bool {
	return slices.ContainsFunc(s, func(p Part) bool { return p.Level == "python" })
}

// Choose returns nil if got is one of the choices, and otherwise an error that
// lists them and suggests the nearest.
func Choose(what, got string, choices []string) error {
	if slices.Contains(choices, got) {
		return nil
	}
	hint := ""
	if nearest := Nearest(got, choices); nearest != "" {
		hint = fmt.Sprintf("; did you mean %q?", nearest)
	}
	return fmt.Errorf("unknown %s %.80q: one of %s%s", what, got, strings.Join(choices, ", "), hint)
}

// Nearest is the choice that got may be a slip of, or "".
func Nearest(got string, choices []string) string {
	nearest := slices.MinFunc(choices, func(a, b string) int { return distance(got, a) - distance(got, b) })
	if d := distance(got, nearest); d > 3 || d >= len(nearest) {
		return ""
	}
	return nearest
}

// distance is the number of letters to insert, remove, replace, or swap with
// the next, that turns a into b (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
