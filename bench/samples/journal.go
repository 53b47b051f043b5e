package samples

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench/strict"
)

// A Journal tells what became of each benchmark in each round. The zero Journal
// is empty, as for results that came without one.
type Journal struct {
	Entries  []Entry
	Complete bool // it lists successes too, so it lists everything
	Ended    bool // it says that the run was carried out

	exists bool // there is a file
}

// An Entry is a line of the journal: one attempt at one benchmark, or the end of the
// run.
type Entry struct {
	Round   int     `json:"round,omitempty"`
	Cell    string  `json:"cell,omitempty"`
	Twin    bool    `json:"twin,omitempty"`
	OK      bool    `json:"ok"`
	Seconds float64 `json:"seconds,omitempty"`
	Waited  float64 `json:"waited,omitempty"` // seconds, for a quiet machine
	Loud    bool    `json:"loud,omitempty"`   // and it did not become quiet
	Error   string  `json:"error,omitempty"`
	End     bool    `json:"end,omitempty"` // the run was carried out
}

// openJournal reads the journal of a run. There need not be one.
func openJournal(root *os.Root, file string) (Journal, error) {
	data, err := strict.ReadIn(root, JournalFile, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Journal{}, nil
	} else if err != nil {
		return Journal{}, fmt.Errorf("open journal %s: %w", Clean(file), err)
	}
	return parseJournal(data, file)
}

func parseJournal(data []byte, file string) (Journal, error) {
	j := Journal{exists: true}
	sums := 0
	for n := 1; len(data) > 0; n++ {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			return Journal{}, fmt.Errorf("%s:%d: the last line is cut: it has no newline", Clean(file), n)
		}
		summed, err := checkSum(line)
		if summed {
			sums++
		}
		if err == nil && sums > 0 && sums < n {
			err = errors.New("a journal with checksums has a line without one: the file was changed or damaged")
		}
		if err == nil {
			err = j.take(line)
		}
		if err != nil {
			return Journal{}, fmt.Errorf("%s:%d: %w", Clean(file), n, err)
		}
		data = rest
	}
	return j, nil
}

// sumField ends a line: the checksum of all of the line before it.
const sumField = `,"crc32c":"%08x"}`

// appendSum puts the checksum into a line of JSON.
func appendSum(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("}"))
	return fmt.Appendf(line, sumField, crc32.Checksum(line, castagnoli))
}

// checkSum checks a line that has a checksum. Journals of older versions have none.
func checkSum(line []byte) (has bool, err error) {
	at := bytes.LastIndex(line, []byte(sumField[:len(`,"crc32c":"`)]))
	if at < 0 {
		return false, nil
	}
	if want := appendSum(append(line[:at:at], '}')); !bytes.Equal(line, want) {
		return true, errors.New("the checksum does not fit the line: the file was changed or damaged")
	}
	return true, nil
}

// take adds one line.
func (j *Journal) take(line []byte) error {
	if _, err := strict.Keys(line); err != nil {
		return fmt.Errorf("not a journal entry: %w", err)
	}
	e := struct {
		Entry
		OK *bool `json:"ok"`
	}{}
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("not a journal entry: %w", err)
	}
	if e.End {
		j.Ended = true
		return nil
	}
	if e.Cell = strings.TrimPrefix(e.Cell, benchmark); e.Cell == "" || e.OK == nil {
		return errors.New(`not a journal entry: it needs a "cell" and an "ok"`)
	}
	e.Entry.OK = *e.OK
	if !e.Entry.OK {
		e.Entry.Error = Clip(Clean(e.Error), 200)
		if e.Entry.Error == "" {
			e.Entry.Error = "no reason given"
		}
	}
	j.Entries = append(j.Entries, e.Entry)
	j.Complete = j.Complete || e.Entry.OK
	return nil
}

// Of returns what became of a benchmark, by round: "" or why it failed. Of several
// attempts in a round the last one counts, of a twin as well, whose failure is one of
// the round: a resumed run tries again what failed. The journal may leave out the
// GOMAXPROCS at the end of a name, which go test adds.
func (j *Journal) Of(n Name) map[int]string {
	rounds, twins := map[int]string{}, map[int]string{}
	for _, e := range j.Entries {
		switch {
		case e.Cell != n.Full && e.Cell != n.ID:
		case e.Twin:
			twins[e.Round] = e.Error
		default:
			rounds[e.Round] = e.Error
		}
	}
	for round, reason := range twins {
		if reason != "" {
			rounds[round] = reason
		}
	}
	return rounds
}

// Failures counts the attempts at a benchmark in a round that failed.
func (j *Journal) Failures(round int, cell string, twin bool) (n int) {
	for _, e := range j.Entries {
		if e.Round == round && e.Cell == cell && e.Twin == twin && !e.OK {
			n++
		}
	}
	return n
}

// check says what a sealed run and its journal do not agree on. Samples are noted after
// they are on disk, so of a run that was killed the last may not have been.
func (r *Run) check() error {
	if !r.hasSeals {
		return nil
	}
	if r.Journal.Ended && !r.Ended {
		return errors.New("its end is missing: the journal says that the run was carried out, and the file does not")
	}
	if n := len(r.Journal.Entries); r.Ended && r.Journal.exists && r.notes >= 0 && n != r.notes {
		return fmt.Errorf("its journal has %d notes, and had %d when the run was carried out", n, r.notes)
	}
	if len(r.Journal.Entries) == 0 {
		return nil // it came without one
	}
	noted := map[key]bool{}
	for _, e := range r.Journal.Entries {
		if e.OK {
			noted[key{ParseName(e.Cell).ID, e.Round, e.Twin}] = true
		}
	}
	for _, c := range r.Cells {
		for _, s := range c.Samples {
			k := key{c.Name.ID, s.Round, s.Twin}
			if !noted[k] && (r.Ended || !r.last[k]) {
				return fmt.Errorf("%s has a sample in round %d that the journal does not know", quote(c.Name.ID, 120), s.Round)
			}
			delete(noted, k)
		}
	}
	for k := range noted {
		return fmt.Errorf("%s has lost its sample of round %d, which the journal knows", quote(k.cell, 120), k.round)
	}
	return nil
}

// failure says in one line why attempts failed, or "" if none did.
func failure(attempts map[int]string) string {
	var rounds []int
	for round, reason := range attempts {
		if reason != "" {
			rounds = append(rounds, round)
		}
	}
	if len(rounds) == 0 {
		return ""
	}
	slices.Sort(rounds)
	text := fmt.Sprintf("failed in round %d: %s", rounds[0], attempts[rounds[0]])
	if more := len(rounds) - 1; more > 0 {
		text += fmt.Sprintf(" (and in %d more)", more)
	}
	return text
}

// enter writes the failures of the journal beside the samples. A benchmark that
// failed in every round has no samples, and is entered as an empty cell.
func (r *Run) enter() {
	seen := map[string]bool{}
	procs := r.suffix()
	for _, c := range r.Cells {
		c.Failed = failure(r.Journal.Of(c.Name))
		seen[c.Name.Full], seen[c.Name.ID] = true, true
	}
	for _, e := range r.Journal.Entries {
		n := ParseName(e.Cell)
		if n.Full == n.ID {
			n = ParseName(e.Cell + procs)
		}
		if seen[e.Cell] {
			continue
		}
		seen[e.Cell] = true
		if why := failure(r.Journal.Of(n)); why != "" {
			r.Cells = append(r.Cells, &Cell{Name: n, Failed: why})
		}
	}
}

// suffix is the -GOMAXPROCS at the end of all names, or "" if they differ.
func (r *Run) suffix() string {
	all := ""
	for i, c := range r.Cells {
		own := strings.TrimPrefix(c.Name.Full, c.Name.ID)
		if i > 0 && own != all {
			return ""
		}
		all = own
	}
	return all
}
