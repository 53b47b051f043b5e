package learn

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/bench/strict"
)

// Progress is what a student has reached: a text file with one line for each lesson that
// was begun, such as
//
//	05-crumbs done 2026-11-23T16:50:00Z ratio=68.9 hints=1 predicted=b right=yes
//
// A lesson that is begun and not passed is "open". What a line says beyond that is kept.
type Progress struct {
	path string
	line map[string]*Record // by lesson
	was  map[string]string  // the lines as they were read or saved last
}

// A Record is one line.
type Record struct {
	Done time.Time // zero: not passed
	Said map[string]string
}

func readProgress(path string) (*Progress, error) {
	p := &Progress{path: path, line: map[string]*Record{}, was: map[string]string{}}
	text, err := strict.ReadFile(path, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		r := p.Of(fields[0])
		rest := fields[2:]
		if fields[1] == "done" && len(rest) > 0 {
			if r.Done, err = parseDone(rest[0]); err != nil {
				return nil, fmt.Errorf("%s: %w: mend the line of %s, or delete it", path, err, fields[0])
			}
			rest = rest[1:]
		}
		for _, field := range rest {
			key, value, _ := strings.Cut(field, "=")
			r.Said[key] = value
		}
	}
	p.keep()
	return p, nil
}

// parseDone reads a time that can be written again: in UTC its year may have five digits.
func parseDone(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if year := at.UTC().Year(); err == nil && (year < 0 || year > 9999) {
		err = fmt.Errorf("the time %q is in no year from 0 to 9999", text)
	}
	return at, err
}

// Of is the record of a lesson, to be changed and then saved.
func (p *Progress) Of(lesson string) *Record {
	if p.line[lesson] == nil {
		p.line[lesson] = &Record{Said: map[string]string{}}
	}
	return p.line[lesson]
}

// Passed reports whether a lesson is.
func (p *Progress) Passed(lesson string) bool {
	r := p.line[lesson]
	return r != nil && !r.Done.IsZero()
}

// keep notes what the file says.
func (p *Progress) keep() {
	for lesson, r := range p.line {
		p.was[lesson] = r.String()
	}
}

// merge takes what the file says now, for another window may have changed it. Here, only what
// changed since it was read is newer.
func (p *Progress) merge() error {
	now, err := readProgress(p.path)
	if err != nil {
		return err
	}
	for lesson, r := range p.line {
		if r.String() == cmp.Or(p.was[lesson], (&Record{}).String()) {
			*r = *now.Of(lesson)
			continue
		}
		theirs := now.Of(lesson)
		if r.Done.IsZero() {
			r.Done = theirs.Done
		}
		maps.Copy(theirs.Said, r.Said)
		r.Said = theirs.Said
	}
	for lesson, r := range now.line {
		if p.line[lesson] == nil {
			p.line[lesson] = r
		}
	}
	return nil
}

// Save writes the file anew, at once or not at all.
func (p *Progress) Save() error {
	if err := p.merge(); err != nil {
		return err
	}
	err := p.write()
	var path *fs.PathError
	if errors.As(err, &path) {
		err = fmt.Errorf("%s: %w", short(p.path), path.Err)
	}
	if err == nil {
		p.keep()
	}
	return err
}

func (p *Progress) write() error {
	var text strings.Builder
	for _, lesson := range slices.Sorted(maps.Keys(p.line)) {
		if r := p.line[lesson]; !r.Done.IsZero() || len(r.Said) > 0 {
			fmt.Fprintf(&text, "%s %s\n", lesson, r)
		}
	}
	return strict.WriteFile(p.path, []byte(text.String()))
}

func (r *Record) String() string {
	text := "open"
	if !r.Done.IsZero() {
		text = "done " + r.Done.UTC().Format(time.RFC3339)
	}
	for _, key := range slices.Sorted(maps.Keys(r.Said)) {
		text += " " + key + "=" + r.Said[key]
	}
	return text
}
