package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
)

// A figure that a section has in JSON, it has in CSV, once and with the same value.
func TestSectionsAgree(t *testing.T) {
	run, err := Open(made(t, everything))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(page(t, run, AsCSV, Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	found := map[string][]string{}
	for _, row := range rows[1:] {
		var key []string
		for _, name := range []string{"section", "work", "grain", "label", "axis", "figure"} {
			key = append(key, row[column[name]])
		}
		name := strings.Join(key, "|")
		found[name] = append(found[name], row[column["value"]])
	}
	var parsed jsonRun
	if err := json.Unmarshal([]byte(page(t, run, AsJSON, Options{})), &parsed); err != nil {
		t.Fatal(err)
	}
	figures := 0
	for _, s := range parsed.Sections {
		for _, l := range s.Lines {
			for field, cell := range l.Figures {
				figures++
				name := strings.Join([]string{s.Section, l.Work, l.Grain, l.Label, l.At, field}, "|")
				if have := found[name]; len(have) != 1 || have[0] != decimal(cell.Center) {
					t.Errorf("%s is %v in JSON and %v in CSV", name, *cell.Center, have)
				}
			}
			for field, why := range l.Absent {
				name := strings.Join([]string{s.Section, l.Work, l.Grain, l.Label, l.At, field}, "|")
				if have := found[name]; len(have) != 1 || have[0] != "" {
					t.Errorf("%s is absent in JSON (%s) and %q in CSV", name, why, have)
				}
			}
		}
	}
	if figures < 100 {
		t.Errorf("only %d figures were compared", figures)
	}
}

// What is absent has a reason in each format, and what is hostile means nothing there.
func TestAbsentAndHostile(t *testing.T) {
	closed := Line{Label: "=1+1", Level: "@level", Cells: []Cell{{Why: "reason of absence"}}}
	run := &Run{Name: "https://x www.x.org", Tables: []Table{{Work: "-work", Rows: []Row{{Label: "+row", P99: Cell{Why: "too few"}}}}},
		Sections: []Section{{Key: "load", Axis: "load", Heads: loadHeads[:1], Lines: []Line{closed, {Label: "async", Says: "what follows."}}}}}
	for format, wants := range map[Format][]string{
		AsCSV:      {"'-work,", "'+row,", "p99_s: too few\n", "'=1+1,'@level", "tasks_per_s,,,,,,reason of absence\n", "what follows.\n"},
		AsJSON:     {`"p99_s": "too few"`, `"tasks_per_s": "reason of absence"`},
		AsMarkdown: {`https\://x www\.x.org`, " too few\n\n**Verdict", "¹ reason of absence\n\n- what follows"},
		AsTable:    {" too few\n", "¹ reason of absence\n"},
	} {
		var b bytes.Buffer
		if err := run.Write(&b, format, Options{}); err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s lacks %q:\n%s", format, want, &b)
			}
		}
	}
}
