// Package pitfall holds programs that go wrong, each beside its fixed twin, and proves
// that the one shows its symptom and the other does not.
//
// A pitfall is written down once, as a [Pitfall]. What the command line tells of it, the
// page in the docs, the pair of benchmarks, the proof in CI and the lesson all come from
// that entry. The outcome tables are those of jcstress, the Java concurrency stress
// tests: every way a run can end is expected, allowed or forbidden, and is counted.
//
// Broken programs deadlock, leak and die, so a proof runs each in a process of its own:
// main and TestMain begin with [Child].
package pitfall

import (
	"context"
	"embed"
	"math"
	"time"
)

// A Pitfall is the catalogue's entry.
type Pitfall struct {
	ID    string // a letter for the level, and a number: T2
	Name  string // of its package, and on the command line: lostupdate
	Title string // as on a slide: Lost update
	Level string // one of [Levels]
	Story string // one sentence

	Class  Class
	Unit   string  // of the number that is judged: what is counted, or "x" and what a yardstick run is
	Breaks Range   // the number of the broken program
	Shows  int     // the least forbidden outcomes of the broken program, if its number is another
	Holds  Range   // the number of the fixed one; of class Count it is 0, which is its zero value
	Work   int     // how much a run of the fixed one ends as promised
	Least  int     // of it must be as expected; 0 means all: a program that refuses all is not fixed
	Ask    Predict // before it runs

	Hints   [3]string // what it is about; where to look; almost the code
	Why     string    // the broken program fails
	Fix     string    // in words
	Price   string    // of the fix
	Since   string    // the least Go version that it takes, as in 1.20; "" means any
	Sources []string  // bugs, papers and documents: where it was met

	Code          embed.FS // broken.go and fixed.go
	Broken, Fixed Variant

	// Yardstick is what the work takes if nothing is in its way. Programs that are
	// judged by time are judged by how many times longer they take: the machine may be
	// fast or slow. Of class Count there is none.
	Yardstick Variant

	// Helpers are what its processes run, by name: see [Helper].
	Helpers map[string]func(args []string) error

	// Needs says what is missing here to run it, and "" if nothing is; nil means that
	// it runs everywhere.
	Needs func() string

	// Now says what is missing at this moment, and may be there at the next, such as a
	// core that a neighbour has; nil means that nothing is.
	Now func() string
}

// Levels are where pitfalls lie: the four levels, the queue's Redis, and measuring itself.
var Levels = []string{"machine", "process", "thread", "async", "measuring", "redis"}

// A Class says how a symptom is judged, and so how far its number can be trusted.
type Class string

const (
	Count Class = "COUNT" // forbidden outcomes, an exact number on every machine
	Wait  Class = "WAIT"  // a ratio of times spent waiting: steady even on a busy machine
	CPU   Class = "CPU"   // a ratio of times spent computing: large, but noisy
	Par   Class = "PAR"   // a ratio that needs two cores at once, which a machine must first be seen to have
)

// Timed reports whether the number is a ratio of times.
func (c Class) Timed() bool { return c != Count }

// A Variant runs a program once and tells what it saw. It returns an error only if it
// could not look: a bad outcome is an [Outcome]. It must leave when ctx ends, or by itself
// within seconds, and wait for all that it started, unless leaving things behind is its very
// point.
type Variant func(ctx context.Context) (Seen, error)

// Seen is what one run of a program showed.
type Seen struct {
	Outcomes []Outcome
	Took     time.Duration // the time that is judged; 0 of class [Count]
}

// An Outcome is one of the ways in which a piece of work can end.
type Outcome struct {
	What    string
	Verdict Verdict
	Count   int // how many ended so
}

// A Verdict is what the promise says of an outcome.
type Verdict string

const (
	Expected  Verdict = "expected"
	Allowed   Verdict = "allowed" // not what one hopes for, but as promised
	Forbidden Verdict = "forbidden"
)

// Sum is how many pieces of work ended in outcomes of that verdict.
func (s Seen) Sum(v Verdict) (n int) {
	for _, o := range s.Outcomes {
		if o.Verdict == v {
			n += o.Count
		}
	}
	return n
}

// A Range is from Min to Max, both included. Its zero value is 0 alone.
type Range struct{ Min, Max float64 }

// Exactly is one number.
func Exactly(n float64) Range { return Range{n, n} }

// Between is from one number to another.
func Between(least, most float64) Range { return Range{least, most} }

// AtLeast has no upper end.
func AtLeast(n float64) Range { return Range{n, math.Inf(1)} }

// AtMost is from 0.
func AtMost(n float64) Range { return Range{0, n} }

// Has reports whether a number is in the range.
func (r Range) Has(n float64) bool { return r.Min <= n && n <= r.Max }

// Within reports whether all of the range lies in another.
func (r Range) Within(of Range) bool { return of.Min <= r.Min && r.Max <= of.Max }

// A Predict is a question to answer before the broken program runs. Its number decides
// which choice was right.
type Predict struct {
	Question string
	Choices  [3]Choice
}

// A Choice is one answer.
type Choice struct {
	Says string
	If   Range // right for these numbers of the broken program
}

// Right is the index of the choice that a number makes right, and -1 if none does.
func (p Predict) Right(number float64) int {
	for i, c := range p.Choices {
		if c.If.Has(number) {
			return i
		}
	}
	return -1
}
