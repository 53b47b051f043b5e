package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// A journal tells what became of each cell in each round. The zero journal is
// empty, as for results that came without one.
type journal struct {
	cells    []string                  // names of the cells, in order of their first entry
	attempts map[string]map[int]string // by cell and round: "" or why it failed
	complete bool                      // it lists successes too, so it lists everything
}

// openJournal reads the journal of a run. There need not be one.
func openJournal(file string) (journal, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return journal{}, nil
	} else if err != nil {
		return journal{}, fmt.Errorf("open journal: %w", err)
	}
	defer f.Close()

	book := journal{attempts: map[string]map[int]string{}}
	end := &ending{Reader: f, last: '\n'}
	lines := bufio.NewScanner(end)
	for n := 1; lines.Scan(); n++ {
		if cut := end.cut(); cut > 0 && n >= cut {
			return journal{}, fmt.Errorf("%s:%d: the last line is cut: it has no newline", clean(file), n)
		}
		if err := book.take(lines.Bytes()); err != nil {
			return journal{}, fmt.Errorf("%s:%d: %w", clean(file), n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return journal{}, fmt.Errorf("read journal %s: %w", clean(file), err)
	}
	return book, nil
}

// take adds one line. Of several entries for a cell and a round the last one
// counts: a resumed run tries again what failed.
func (j *journal) take(line []byte) error {
	var entry struct {
		Round int    `json:"round"`
		Cell  string `json:"cell"`
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(line, &entry); err != nil {
		return fmt.Errorf("not a journal entry: %w", err)
	}
	if entry.Cell == "" || entry.OK == nil {
		return errors.New(`not a journal entry: it needs a "cell" and an "ok"`)
	}
	cell := strings.TrimPrefix(entry.Cell, "Benchmark")
	if j.attempts[cell] == nil {
		j.attempts[cell] = map[int]string{}
		j.cells = append(j.cells, cell)
	}
	outcome := ""
	if !*entry.OK {
		outcome = clip(clean(entry.Error), 200)
		if outcome == "" {
			outcome = "no reason given"
		}
	}
	j.attempts[cell][entry.Round] = outcome
	j.complete = j.complete || *entry.OK
	return nil
}

// of returns the attempts at a benchmark. The journal may leave out the
// GOMAXPROCS at the end of a name, which go test adds.
func (j *journal) of(n name) map[int]string {
	if attempts, ok := j.attempts[n.full]; ok {
		return attempts
	}
	return j.attempts[n.id]
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

// enter writes the failures of the journal beside the samples. A cell that
// failed in every round has no samples, and is entered as an empty one; if it
// belongs into no table, its failure is returned as a note.
func (j *journal) enter(raw *raw) (notes []string) {
	seen := map[string]bool{}
	for _, s := range raw.cells {
		s.failed = failure(j.of(s.name))
		seen[s.name.full], seen[s.name.id] = true, true
	}
	procs := suffix(raw.cells)
	for _, cell := range j.cells {
		why := failure(j.attempts[cell])
		s := &samples{name: parseName(cell), failed: why}
		if s.name.full == s.name.id {
			s.name = parseName(cell + procs)
		}
		switch {
		case why == "" || seen[cell]:
		case s.name.tabled():
			raw.cells = append(raw.cells, s)
		default:
			notes = append(notes, clip(clean(cell), 120)+" "+why+".")
		}
	}
	return notes
}

// suffix is the -GOMAXPROCS at the end of all names, or "" if they differ.
func suffix(cells []*samples) string {
	all := ""
	for i, s := range cells {
		own := strings.TrimPrefix(s.name.full, s.name.id)
		if i > 0 && own != all {
			return ""
		}
		all = own
	}
	return all
}
