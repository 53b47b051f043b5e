package learn

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// FuzzProgress reads any file of what a student has reached. Saved, it is read again as
// the same: no lesson loses what is said of it, or keeps the next from being recorded.
func FuzzProgress(f *testing.F) {
	f.Add("05-crumbs done 2026-11-23T16:50:00Z ratio=412 hints=1 predicted=b right=yes\n06-slots open hints=2\n")
	f.Add("05-crumbs done yesterday\n")
	f.Add("a done 0000-01-01T00:00:00+23:59\nb done 9999-12-31T23:59:59-01:00")
	f.Add("a done 2026-11-23T16:50:00.5+01:00 = =x y a=b=c\na open z\nlonely\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), ".progress")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		first, err := readProgress(path)
		if err != nil {
			return
		}
		if err := first.Save(); err != nil {
			t.Fatal(err)
		}
		again, err := readProgress(path)
		if err != nil {
			t.Fatalf("what was saved cannot be read: %v", err)
		}
		for lesson, r := range first.line {
			if r.Done.IsZero() && len(r.Said) == 0 {
				continue // nothing is reached
			}
			if a := again.Of(lesson); !a.Done.Equal(r.Done.Truncate(time.Second)) || !reflect.DeepEqual(a.Said, r.Said) {
				t.Errorf("%s was %+v and is %+v", lesson, r, a)
			}
		}
	})
}

// FuzzLesson reads any lesson.json. A lesson that is taken can be taught: it has a
// question with three choices, three hints, and a pattern that can be looked for.
func FuzzLesson(f *testing.F) {
	f.Add(`{"title":"t","minutes":5,"goal":"g","pitfalls":["known"],"fails":"^x$"}`)
	f.Add(`{"title":"t","minutes":5,"goal":"g","fails":"(","price":"p","hints":["a","b","c"],"ask":{"question":"q","choices":["x","y","z"],"right":"b"}}`)
	f.Add(`{"title":"t","minutes":61,"pitfalls":["no"],"hints":["","",""]}`)
	f.Add(`{"title":"t","minutes":1,"goal":"g","fails":"x","price":"p","hints":["a","b","c"],"ask":{"question":"q","choices":["","",""],"right":"ab"}}`)
	known := []pitfall.Pitfall{{ID: "known", Price: "dear", Hints: [3]string{"1", "2", "3"}}}
	known[0].Ask.Question = "why?"
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "lesson.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := open(dir, known)
		if err != nil {
			return
		}
		question, choices := l.question()
		if question == "" || l.Ask != nil && len(choices) != 3 || len(l.Hints) != 3 || l.Price == "" || l.Minutes < 1 {
			t.Errorf("the lesson is %+v: %q, %q", l.about, question, choices)
		}
	})
}
