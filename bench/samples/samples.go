// Package samples is what a run leaves on disk, and how it is read again.
//
// A run is a folder with two files. samples.txt holds every measurement in Go's
// benchmark format, so that benchstat and `levels report` read the same file;
// journal.jsonl says what became of each attempt, also of those that failed.
//
// A measurement that took hours should survive whatever happens to the one who
// measures. So samples are appended and synced one by one, and each is sealed: a
// line that benchmark tools take for a comment says which sample it was, of which
// round, and the checksum of everything above it. [Open] believes nothing that is
// not sealed; [Resume] cuts it off. A file without seals, as `go test -bench`
// writes it, is read too, and checked for what can be.
//
// The package knows benchmarks as names and values only.
package samples

// Names of the files in a run's folder.
const (
	File        = "samples.txt"
	JournalFile = "journal.jsonl"
)

// A Run is what was measured.
type Run struct {
	Dir    string    // the run's folder; "" for a lone file
	File   string    // with the samples
	Config []Setting // the file's configuration, in its order: go, cpu, store ...
	Rounds int       // that were planned; 0 means the file does not say
	Sealed int       // samples with a seal; 0 for a file of go test
	Ended  bool      // the run was carried out to its end
	Cells  []*Cell   // in the order of their first line; last those that never succeeded

	Journal Journal

	hasSeals bool         // or should have: it begins as a file that has
	last     map[key]bool // the samples under the last seal
	notes    int          // lines of the journal, by the end of the file; less than 0 if it does not say
}

// A key tells samples apart.
type key struct {
	cell  string // without GOMAXPROCS
	round int
	twin  bool
}

// A Setting is one key and its value, from a configuration line or from the
// name of a benchmark. It is clean.
type Setting struct{ Key, Value string }

// A Cell is one benchmark with all its samples.
type Cell struct {
	Name    Name
	Samples []Sample // in the order of their rounds, as they were taken
	Failed  string   // "" or what the journal says went wrong
}

// A Sample is one benchmark, measured once.
type Sample struct {
	Round  int                // from 1; in a file without seals, its place in the file
	Twin   bool               // measured again at once, to learn what repeating alone changes
	Values map[string]float64 // by unit, in base units: sec, B
}

// Values are the measurements in unit, of the rounds that have it, without
// twins. A nil Cell has none.
func (c *Cell) Values(unit string) []float64 {
	var values []float64
	for s := range c.firsts {
		if v, ok := s.Values[unit]; ok {
			values = append(values, v)
		}
	}
	return values
}

// Rounds is the number of rounds that the cell was measured in.
func (c *Cell) Rounds() int {
	n := 0
	for range c.firsts {
		n++
	}
	return n
}

// firsts are the samples that are no twins.
func (c *Cell) firsts(yield func(*Sample) bool) {
	if c == nil {
		return
	}
	for i := range c.Samples {
		if s := &c.Samples[i]; !s.Twin && !yield(s) {
			return
		}
	}
}

// Twins returns the pairs of measurements in unit that were taken one directly
// after the other, of the same binary: what differs between them is noise.
func (c *Cell) Twins(unit string) (first, again []float64) {
	for _, twin := range c.Samples {
		if !twin.Twin {
			continue
		}
		for s := range c.firsts {
			a, ok := s.Values[unit]
			b, both := twin.Values[unit]
			if s.Round == twin.Round && ok && both {
				first, again = append(first, a), append(again, b)
			}
		}
	}
	return first, again
}

// Pair returns the measurements in unit of the rounds that both cells have.
func Pair(a, b *Cell, unit string) (x, y []float64) {
	of := map[int]float64{}
	for s := range b.firsts {
		if v, ok := s.Values[unit]; ok {
			of[s.Round] = v
		}
	}
	for s := range a.firsts {
		v, ok := s.Values[unit]
		if w, both := of[s.Round]; ok && both {
			x, y = append(x, v), append(y, w)
		}
	}
	return x, y
}

// Setting is the value of a key in the run's configuration, or "".
func (r *Run) Setting(key string) string { return Find(r.Config, key) }

// Find returns the value of key, or "" if there is none.
func Find(settings []Setting, key string) string {
	for _, s := range settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
