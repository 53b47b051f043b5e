package learn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestGrade(t *testing.T) {
	c := course(t)
	tl := tools(t, c)
	t.Setenv("LEARN_TEST_SECRET", "CANARY-7f3a") // it stays with the grader
	for name, x := range map[string]struct {
		code   string
		passes bool
		says   string
	}{
		"starter":   {starter, false, "not yet: 1 cups of 2"},
		"solution":  {right, true, ""},
		"curious":   {curious, true, ""},
		"typo":      {"package cups\n\nfunc Carried() int { return two }\n", false, "it does not compile:"},
		"panics":    {"package cups\n\nfunc Carried() int { panic(\"oh\") }\n", false, "not yet: it panics: oh"},
		"slow":      {"package cups\n\nfunc Carried() int { return 3 }\n", false, "not yet: it is 1 times as fast"},
		"vet":       {unvetted(2), false, "not yet: the results are right, but go vet says:"},
		"vet slow":  {unvetted(3), false, "not yet: the results are right, but go vet says:"},
		"race":      {races(2), false, "not yet: data race"},
		"race slow": {races(3), false, "not yet: data race"},
	} {
		if strings.HasPrefix(name, "race") && tl.NoRace != "" {
			continue
		}
		write(t, c.Lessons[0].File, x.code)
		v, err := tl.Grade(t.Context(), c.Lessons[0])
		if err != nil {
			t.Fatal(err)
		}
		if v.Passed != x.passes || !x.passes && !strings.HasPrefix(v.Why[0], x.says) {
			t.Errorf("%s: %+v", name, v)
		}
		if v.Passed && (v.Facts["ratio"] != "4" || v.Race == "" || v.Notes[0] != "no moon") {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// curious is right if it does not know a secret of the grader.
const curious = `package cups

import "os"

func Carried() int {
	if os.Getenv("LEARN_TEST_SECRET") != "" {
		return 0
	}
	return 2
}
`

// unvetted is a program that go vet does not like, though it returns n.
func unvetted(n int) string {
	return fmt.Sprintf("package cups\n\nimport \"sync\"\n\nfunc Carried() int {\n\tvar wg sync.WaitGroup\n\tgo func() { wg.Add(1) }()\n\treturn %d\n}\n", n)
}

// races is a program with a data race, though it returns n.
func races(n int) string {
	return fmt.Sprintf("package cups\n\nfunc Carried() int {\n\tn, done := 0, make(chan bool)\n\tgo func() { n++; done <- true }()\n\tn++\n\t<-done\n\treturn %d\n}\n", n)
}

func TestCheckTellsATeacher(t *testing.T) {
	c := course(t)
	tl := tools(t, c)
	write(t, c.Lessons[1].File, right)
	c.Progress.Of("02-cups").Said["hints"] = "2"
	var out bytes.Buffer
	passed, err := c.Check(t.Context(), tl, c.Lessons, &out, true)
	if passed || err != nil {
		t.Errorf("%v, %v", passed, err)
	}
	var checks []Check
	if err := json.Unmarshal(out.Bytes(), &checks); err != nil || len(checks) != 2 {
		t.Fatalf("%v\n%s", err, &out)
	}
	if a, b := checks[0], checks[1]; a.Passed || a.Why != "not yet: 1 cups of 2" || !b.Passed || b.Ratio != 4 || b.Hints != 2 || a.Grade == b.Grade {
		t.Errorf("%+v", checks)
	}
	if _, err := os.Stat(filepath.Join(c.Root, ".progress")); err == nil {
		t.Error("it was recorded")
	}
	write(t, filepath.Join(c.Lessons[1].Dir, "cups_test.go"), exam+"// which is not what it was\n")
	if hash, err := c.Lessons[1].hash(); err != nil || hash == checks[1].Grade {
		t.Errorf("%s, %v: another test is not seen", hash, err)
	}
	write(t, filepath.Join(c.Lessons[1].Dir, "cups_test.go"), strings.ReplaceAll(exam, "\n", "\r\n"))
	write(t, c.Lessons[1].File+".bak2", "mine")
	write(t, c.Lessons[1].File, right+"// and a remark\n")
	if hash, err := c.Lessons[1].hash(); err != nil || hash != checks[1].Grade {
		t.Errorf("%s, %v: what the student writes counts", hash, err)
	}
	out.Reset()
	if passed, err := c.Check(t.Context(), tl, c.Lessons[1:], &out, false); !passed || err != nil {
		t.Errorf("%v, %v", passed, err)
	}
	has(t, out.String(), "passed 02-cups", "4 times as fast", "no moon")
}

func TestVerify(t *testing.T) {
	c := course(t)
	tl := tools(t, c)
	mine := "package cups\n\nsyntax error\n" // a student's, who is not touched
	write(t, c.Lessons[0].File, mine)
	var out bytes.Buffer
	if err := Verify(t.Context(), tl, c.Lessons, 3, 2, &out); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	has(t, out.String(), "ok    01-cups", "solution: 3 of 3", "2 of 2 lessons verified")
	if text, _ := os.ReadFile(c.Lessons[0].File); string(text) != mine {
		t.Errorf("the student's file is now %q", text)
	}

	for file, x := range map[string]struct{ code, says string }{
		"starter.go":     {right, "the starter passes"},
		"solution.go":    {starter, "the solution fails at run 1 of 2: not yet: 1 cups of 2"},
		"../lesson.json": {strings.Replace(made, "not yet: ", "not yet: no ", 1), "fails for another reason"},
	} {
		l := c.Lessons[0]
		path := filepath.Join(l.Dir, "testdata", file)
		was, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, x.code)
		if l, err = open(l.Dir, known); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		if err := Verify(t.Context(), tl, []Lesson{l}, 2, 1, &out); err == nil {
			t.Errorf("%s: verified", file)
		}
		has(t, out.String(), "WRONG 01-cups: ", x.says, "0 of 1")
		write(t, path, string(was))
	}
}

// A program that never stops talking does not fill the memory.
func TestGradeListensNotForEver(t *testing.T) {
	c := course(t)
	write(t, c.Lessons[0].File, "package cups\n\nfunc Carried() int {\n\tfor range 1 << 16 {\n\t\tprintln(\"cups, cups and again cups, cups, cups\")\n\t}\n\treturn 1\n}\n")
	v, err := tools(t, c).Grade(t.Context(), c.Lessons[0])
	if err != nil || v.Why[0] != "not yet: 1 cups of 2" || len(v.All) < 1<<20 || len(v.All) > 1<<20+1000 {
		t.Errorf("%v, %q, %d bytes", err, v.Why, len(v.All))
	}
}

// A program that hangs is ended with the grade.
func TestGradeEndsWithItsContext(t *testing.T) {
	c := course(t)
	tl := tools(t, c)
	here := filepath.Join(t.TempDir(), "here")
	write(t, c.Lessons[0].File, hangs(here))
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := tl.Grade(ctx, c.Lessons[0])
		done <- err
	}()
	await(t, "the program", func() bool { _, err := os.Stat(here); return err == nil })
	cancel(errLeft)
	if err := <-done; !errors.Is(err, errLeft) {
		t.Error(err)
	}
}

var errLeft = errors.New("left")

// hangs is a program that makes a file, and then does nothing for an hour.
func hangs(here string) string {
	return fmt.Sprintf("package cups\n\nimport (\n\t\"os\"\n\t\"time\"\n)\n\nfunc Carried() int {\n\tos.WriteFile(%q, nil, 0o644)\n\ttime.Sleep(time.Hour)\n\treturn 2\n}\n", here)
}

// await waits until something is so; its patience is for a build on a busy machine.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}
