package learn

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFindLooksUpward(t *testing.T) {
	c := course(t)
	for _, from := range []string{c.Root, filepath.Join(c.Root, "01-cups", "testdata"), filepath.Dir(filepath.Dir(c.Root))} {
		if root, err := Find(from); err != nil || root != c.Root {
			t.Errorf("from %s: %q, %v", from, root, err)
		}
	}
	if _, err := Find(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no exercises here") {
		t.Errorf("where there are none: %v", err)
	}
}

func TestOpenReadsLessons(t *testing.T) {
	c := course(t)
	if len(c.Lessons) != 2 || c.Lessons[0].ID != "01-cups" || c.Lessons[1].N != 2 {
		t.Fatalf("%+v", c.Lessons)
	}
	if l := c.Lessons[0]; l.Price != "A tray." || l.Hints[0] != "Think of trays." {
		t.Errorf("what the pitfall says is lost: %+v", l)
	}
	if l := c.Lessons[1]; l.Price != "Fingers." || l.Ask.Right != "b" {
		t.Errorf("what the lesson says is lost: %+v", l)
	}
}

func TestOpenWantsLessonsComplete(t *testing.T) {
	for change, says := range map[string]string{
		`"Carry cups"` + "\x00" + `""`:                    "title",
		`5` + "\x00" + `500`:                              "500 minutes",
		`["Z1"]` + "\x00" + `["Z9"]`:                      `no pitfall has the id "Z9"`,
		`["Z1"]` + "\x00" + `[]`:                          "price is missing",
		`\\d cups` + "\x00" + `(`:                         "fails",
		`"minutes"` + "\x00" + `"hints": ["x"],"minutes"`: "1 hints, not 3",
		`"minutes"` + "\x00" + `"ask": {"question": "?", "choices": ["1","2","3"], "right": "d"},"minutes"`: "a right one",
		`{` + "\x00" + ``: "lesson.json",
	} {
		old, new, _ := strings.Cut(change, "\x00")
		dir := filepath.Join(t.TempDir(), "01-cups")
		lesson(t, dir, strings.Replace(made, old, new, 1))
		if _, err := open(dir, known); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q instead of %q: %v", new, old, err)
		}
	}
}

func TestPick(t *testing.T) {
	c := course(t)
	for name, want := range map[string]int{"2": 1, "02": 1, "02-cups": 1, "1": 0} {
		if l, err := c.Pick([]string{name}); err != nil || l[0].ID != c.Lessons[want].ID {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
	for _, name := range []string{"3", "0", "cups", ""} {
		if _, err := c.Pick([]string{name}); err == nil {
			t.Errorf("%q is a lesson", name)
		}
	}
}

func TestProgressIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".progress")
	p, err := readProgress(path)
	if err != nil {
		t.Fatal(err)
	}
	p.Of("03-idle") // which says nothing
	p.Of("02-b").Said["hints"] = "2"
	p.Of("01-a").Done = time.Date(2026, 11, 23, 16, 50, 0, 0, time.UTC)
	p.Of("01-a").Said["ratio"] = "31.2"
	p.Of("01-a").Said["later"] = "kept"
	const want = "01-a done 2026-11-23T16:50:00Z later=kept ratio=31.2\n02-b open hints=2\n"
	for range 2 {
		if err := p.Save(); err != nil {
			t.Fatal(err)
		}
		if text, _ := os.ReadFile(path); string(text) != want {
			t.Errorf("%q", text)
		}
		if p, err = readProgress(path); err != nil || !p.Passed("01-a") || p.Passed("02-b") {
			t.Fatalf("%v, %v", p, err)
		}
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%v is left", files)
	}
	theirs, err := readProgress(path) // in another window
	if err != nil {
		t.Fatal(err)
	}
	theirs.Of("02-b").Said["hints"] = "3"
	theirs.Of("04-d").Said["predicted"] = "a"
	p.Of("01-a").Said["ratio"] = "40"
	p.Of("04-d").Said["hints"] = "1"
	if err := errors.Join(theirs.Save(), p.Save()); err != nil {
		t.Fatal(err)
	}
	const both = "01-a done 2026-11-23T16:50:00Z later=kept ratio=40\n02-b open hints=3\n04-d open hints=1 predicted=a\n"
	if text, _ := os.ReadFile(path); string(text) != both {
		t.Errorf("of two windows: %q", text)
	}
	write(t, path, "01-a done yesterday\n")
	if _, err := readProgress(path); err == nil || !strings.Contains(err.Error(), "01-a") {
		t.Errorf("a line that is no line: %v", err)
	}
}
