package compare

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// reports are one of each kind, with names that want to be more than names.
func reports(t *testing.T) map[string]*Report {
	hostile := func(seed uint64, slower float64) *samples.Run {
		return made{rounds: 20, seed: seed, noise: 0.01, cells: []madeCell{
			{name: named("serial", "cpu"), cpu: 1000},
			{name: named("a|b`<script>@all[x](y)", "cpu"), cpu: 1000 * slower, more: always("3 allocs/op 5 p99-ns")},
			{name: named(strings.Repeat("long", 30), "empty"), cpu: 50, noise: 0.5},
			{name: named("\x1b[31mred\u202e", "cpu"), cpu: 50, more: always("7 checksum")},
		}}.run(t)
	}
	base, head, control := hostile(1, 1), hostile(2, 1.2), hostile(3, 1)
	head.Cells[3].Samples[0].Values["checksum"] = 8
	few := made{rounds: 1, cells: []madeCell{{name: named("thread", "cpu"), cpu: 5}}}.run(t)
	return map[string]*Report{
		"fail": Compare(base, head, control, Config{}), "blocks": Blocks(base, head, Config{}),
		"few": Compare(few, few, few, Config{}), "nothing": Compare(few, base, nil, Config{}),
	}
}

func TestTablesFit(t *testing.T) {
	for name, r := range reports(t) {
		var out strings.Builder
		if err := r.Write(&out, "table"); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("%s: a line of %d columns: %s", name, n, line)
			}
		}
		if !strings.Contains(out.String(), "\n=> "+string(r.Verdict)+": ") || strings.ContainsAny(out.String(), "\x1b\u202e") {
			t.Errorf("%s:\n%s", name, out.String())
		}
	}
}

var escaped = regexp.MustCompile(`\\.`)

func TestMarkdownMeansOnlyItself(t *testing.T) {
	for name, r := range reports(t) {
		var out strings.Builder
		if err := r.Write(&out, "markdown"); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			bare := escaped.ReplaceAllString(line, "")
			if strings.HasPrefix(line, "|") && strings.Count(bare, "|") != 9 {
				t.Errorf("%s: a row that has not 8 cells: %s", name, line)
			}
		}
		for _, bad := range []string{"<script", "](", "@", "`", "\x1b"} {
			if strings.Contains(escaped.ReplaceAllString(out.String(), ""), bad) {
				t.Errorf("%s: %q is in it:\n%s", name, bad, out.String())
			}
		}
	}
}

func TestJSON(t *testing.T) {
	for name, r := range reports(t) {
		var out strings.Builder
		if err := r.Write(&out, "json"); err != nil {
			t.Fatal(err)
		}
		var back struct {
			Verdict Verdict
			Judged  []struct {
				Benchmark string
				Ratio     struct{ Center, Lo, Hi *float64 }
			}
		}
		if err := json.Unmarshal([]byte(out.String()), &back); err != nil || back.Verdict != r.Verdict || len(back.Judged) != len(r.Judged) {
			t.Errorf("%s: %v: %+v", name, err, back)
		}
		for i, row := range back.Judged {
			if r.Judged[i].Ratio.Bounded() != (row.Ratio.Lo != nil && row.Ratio.Hi != nil && row.Ratio.Center != nil && *row.Ratio.Center > 0) {
				t.Errorf("%s: %+v", name, row)
			}
		}
	}
	if err := (&Report{}).Write(new(strings.Builder), "xml"); err == nil {
		t.Error("there is no format xml")
	}
}
