package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// The shape is that of the README of benchmark-action/github-action-benchmark: an array
// of objects with the texts name and unit and the number value, and if need be the texts
// range and extra.
func TestExportHasTheDocumentedShape(t *testing.T) {
	run, err := Open(made(t, everything))
	if err != nil {
		t.Fatal(err)
	}
	names := map[Format][]string{}
	for _, f := range []Format{AsBigger, AsSmaller} {
		var entries []map[string]any
		if err := json.Unmarshal([]byte(page(t, run, f, Options{})), &entries); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name, isText := e["name"].(string)
			unit, hasUnit := e["unit"].(string)
			value, isNumber := e["value"].(float64)
			if !isText || !hasUnit || !isNumber || name == "" || unit == "" || value < 0 {
				t.Errorf("%s: have %v", f, e)
			}
			for key, v := range e {
				if _, ok := v.(string); !slices.Contains([]string{"name", "unit", "value", "range", "extra"}, key) || !ok && key != "value" {
					t.Errorf("%s: have %s: %v", f, key, v)
				}
			}
			if slices.Contains(names[f], name) {
				t.Errorf("%s: %s is there twice", f, name)
			}
			names[f] = append(names[f], name)
		}
	}
	for f, want := range map[Format]string{AsBigger: "cpu/50000/thread/tasks_per_s", AsSmaller: "metg/cpu/thread/metg50_s"} {
		if !slices.Contains(names[f], want) {
			t.Errorf("%s lacks %s: %q", f, want, names[f])
		}
	}
	for _, name := range names[AsBigger] {
		if !strings.Contains(name, "tasks_per_s") {
			t.Errorf("%s is not better when it is bigger", name)
		}
		if slices.Contains(names[AsSmaller], name) {
			t.Errorf("%s is better both ways", name)
		}
	}
}

func TestExportOfNothing(t *testing.T) {
	run, err := Open(made(t, doubtful))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run.Write(&out, AsBigger, Options{}); !errors.Is(err, ErrNothing) || out.Len() > 0 {
		t.Errorf("have %v and %q, want %v and nothing", err, out.Bytes(), ErrNothing)
	}
}
