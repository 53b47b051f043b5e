package compare

import (
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// FuzzTogether puts texts into what two sides say of the comparison that they were
// measured for. What is taken has shares that are such; what is refused is refused in a
// clean line; and a name stays text in every format.
func FuzzTogether(f *testing.F) {
	f.Add("10:1e-05,20:0.0016", "0.05", "async")
	f.Add("10:NaN", "Inf", "=1+1")
	f.Add("1:0.5,", "1e-400", "a|b\\")
	f.Add("-1:0.5", "0x1p-2", "\x1b[31m")
	f.Add(strings.Repeat("9", 200)+":1", "\u202e", "</td>")
	f.Fuzz(func(t *testing.T, looks, margin, name string) {
		line := strings.NewReplacer("\n", " ", "\r", " ")
		name = strings.Join(strings.Fields(name), "_") + `"canary<canary](canary@canary` + "`canary"
		var sides [2]*samples.Run
		for i, side := range []string{"base", "head"} {
			m := made{rounds: 2, config: circumstances + "comparison: x\nside: " + side + "\nlooks: " + line.Replace(looks) + "\nmargin: " + line.Replace(margin) + "\n",
				cells: []madeCell{{name: named("serial", "cpu"), cpu: 1000}, {name: named(name, "cpu"), cpu: 1000}}}
			run, err := samples.Read(strings.NewReader(m.text()), "made up")
			if err != nil {
				return // the name makes another line of it: package samples has a target for that
			}
			run.Dir = "nowhere/" + side
			sides[i] = run
		}
		s, _, err := Together(sides[0], sides[1])
		if err != nil {
			if text := err.Error(); samples.Clean(text) != text || len(text) > 400 {
				t.Errorf("the error is %q", text)
			}
			return
		}
		for _, l := range s.Looks {
			if l.Rounds < 1 || !(l.Alpha > 0 && l.Alpha < 1) {
				t.Errorf("a look is %+v", l)
			}
		}
		if !(s.Margin >= 0 && s.Margin <= 10) {
			t.Errorf("the margin is %v", s.Margin)
		}
		inert(t, s.Compare(0, 0))
	})
}

// inert fails if a name is more than text in a format.
func inert(t *testing.T, r *Report) {
	t.Helper()
	for _, format := range []string{"table", "markdown", "json"} {
		var out strings.Builder
		if err := r.Write(&out, format); err != nil {
			t.Fatal(err)
		}
		text, bad := out.String(), []string{"\x1b", "\u202e"}
		if format == "markdown" {
			text, bad = escaped.ReplaceAllString(text, ""), append(bad, "<canary", "](canary", "@canary", "`canary")
		}
		for _, b := range bad {
			if strings.Contains(text, b) {
				t.Errorf("%s has %q:\n%s", format, b, text)
			}
		}
	}
}
