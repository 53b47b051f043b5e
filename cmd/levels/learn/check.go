package learn

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A Check is what a teacher's script reads of one lesson.
type Check struct {
	Lesson    string   `json:"lesson"`
	Title     string   `json:"title"`
	Passed    bool     `json:"passed"`
	Why       string   `json:"why,omitempty"`   // not passed
	Ratio     float64  `json:"ratio,omitempty"` // to the reference
	Number    float64  `json:"number,omitempty"`
	Unit      string   `json:"unit,omitempty"` // of the number
	Race      string   `json:"race,omitempty"` // passed, or skipped and why
	Notes     []string `json:"notes,omitempty"`
	Seconds   float64  `json:"seconds"`   // with building, which takes far longer the first time
	Hints     int      `json:"hints"`     // asked for
	Predicted string   `json:"predicted"` // a, b, c, or nothing
	Revealed  bool     `json:"revealed"`  // the solution, before it had passed
	Grade     string   `json:"grade"`     // a hash of what graded it: all files of the lesson but the student's own

	speed string // the ratio in words
}

// Check grades lessons once, and changes nothing. passed is that all have.
func (c *Course) Check(ctx context.Context, t *Tools, lessons []Lesson, w io.Writer, asJSON bool) (passed bool, err error) {
	passed = true
	var checks []Check
	for _, l := range lessons {
		start := time.Now()
		v, err := t.Grade(ctx, l)
		if err != nil {
			return false, err
		}
		check := c.check(l, v)
		check.Seconds = time.Since(start).Round(time.Millisecond).Seconds()
		if check.Grade, err = l.hash(); err != nil {
			return false, err
		}
		passed = passed && v.Passed
		if checks = append(checks, check); !asJSON {
			fmt.Fprintf(w, "%-6s %-16s %s\n", state(v.Passed), l.ID, check.says())
		}
	}
	if asJSON {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return passed, out.Encode(checks)
	}
	return passed, nil
}

func state(passed bool) string {
	if passed {
		return "passed"
	}
	return "open"
}

func (c *Course) check(l Lesson, v Verdict) Check {
	check := Check{Lesson: l.ID, Title: l.Title, Passed: v.Passed, Race: v.Race, Notes: v.Notes, Unit: v.Facts["unit"]}
	if !v.Passed {
		check.Why = v.Why[0]
	}
	check.Ratio, check.Number, check.speed = number(v.Facts, "ratio"), number(v.Facts, "number"), faster(v.Facts)
	said := c.Progress.Of(l.ID).Said
	check.Hints, _ = strconv.Atoi(said["hints"])
	check.Predicted, check.Revealed = said["predicted"], said["revealed"] == "yes"
	return check
}

func (c Check) says() string {
	if !c.Passed {
		return c.Why
	}
	text := "race check: " + c.Race
	if c.Ratio != 0 {
		text = c.speed + "; " + text
	}
	for _, note := range c.Notes {
		text += "; " + note
	}
	return text
}

// hash is over all files of a lesson that a student does not edit.
func (l Lesson) hash() (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(l.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == l.File || strings.Contains(filepath.Base(path), ".go.bak") {
			return err
		}
		text, err := os.ReadFile(path)
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) // as git makes them on Windows
		fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(path), len(text), text)
		return err
	})
	return fmt.Sprintf("%x", sum.Sum(nil)[:8]), err
}

// List writes a line for each lesson.
func (c *Course) List(w io.Writer) {
	for _, l := range c.Lessons {
		mark := "[ ]"
		if c.Progress.Passed(l.ID) {
			mark = "[x]"
		}
		fmt.Fprintf(w, "%s %-18s %2d min  %s\n", mark, l.ID, l.Minutes, l.Title)
	}
}
