// Package gil measures what a global interpreter lock does to threads, in three
// numbers that hold for any level: what a second thread adds where tasks compute,
// what sixteen add where they wait, and how long a wait takes beside a thread that
// computes (the convoy).
//
// Times are those of a level's caller. In Python the hand-over needs the lock too, so
// its convoy is longer than that of a thread that waits on its own account.
package gil

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// The widths at which levels are measured.
const (
	One  = 1
	Two  = 2  // for computing, and for the convoy
	Many = 16 // for waiting
)

// The latencies that tasks wait for.
const (
	Long  = 10 * time.Millisecond // of the overlap: far more than a hand-over
	Short = time.Millisecond      // of the convoy: far less than a turn at the lock
)

// Config says how much is measured. Its zero value is what `levels gil` does.
type Config struct {
	Rounds int           // 0 means 5
	Slice  time.Duration // how long a computing task takes, about; 0 means 30 ms, several turns at the lock
	Waits  int           // tasks of one convoy measurement; 0 means 40

	Long, Short workload.Workload // io with these latencies

	Progress func(done, total int) // called before each measurement and after the last; nil is fine
}

// A Subject is a level under test: it is opened at each of the widths.
type Subject struct {
	Name string
	Open func(ctx context.Context, width int) (levels.Level, error)
}

// A Row is what was measured of a [Subject], a sample for each round.
type Row struct {
	Name    string
	Compute []float64       // speed of two threads as a multiple of one, tasks that compute
	Overlap []float64       // speed of sixteen as a multiple of one, tasks that wait
	Alone   []time.Duration // median time of a short wait with nothing beside it
	Beside  []time.Duration // the same beside one task that computes
}

// Measure measures all subjects in rounds: in each round every subject once, and
// the two sides of each comparison one right after the other. So what disturbs the
// machine for a while disturbs all alike. It closes what it opens.
func Measure(ctx context.Context, c Config, subjects []Subject) (rows []Row, err error) {
	c.Rounds = cmp.Or(c.Rounds, 5)
	c.Slice = cmp.Or(c.Slice, 30*time.Millisecond)
	c.Waits = cmp.Or(c.Waits, 40)
	m := &meter{Config: c, total: c.Rounds * len(subjects)}
	if m.cpu, err = workload.Find("cpu", workload.Env{}); err != nil {
		return nil, err
	}
	rows = make([]Row, len(subjects))
	open := make([]*trio, len(subjects))
	defer func() {
		for _, t := range open {
			t.close()
		}
	}()
	for i, s := range subjects {
		rows[i].Name = s.Name
		if open[i], err = m.open(ctx, s); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	for range c.Rounds {
		for i := range subjects {
			m.progress()
			if err := m.round(ctx, open[i], &rows[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", subjects[i].Name, cmp.Or(context.Cause(ctx), err))
			}
			m.done++
		}
	}
	m.progress()
	return rows, nil
}

// A trio is a level at the three widths.
type trio struct {
	one, two, many levels.Level
	grain          int // rounds of a task that computes
}

func (t *trio) close() {
	if t == nil {
		return
	}
	for _, l := range []levels.Level{t.one, t.two, t.many} {
		if l != nil {
			l.Close()
		}
	}
}

type meter struct {
	Config
	cpu         workload.Workload
	done, total int
}

func (m *meter) progress() {
	if m.Progress != nil {
		m.Progress(m.done, m.total)
	}
}

// open opens the subject at all widths, warms it up, and finds the size of its
// computing tasks. If it fails, nothing stays open.
func (m *meter) open(ctx context.Context, s Subject) (*trio, error) {
	t := &trio{}
	err := func() (err error) {
		for width, l := range map[int]*levels.Level{One: &t.one, Two: &t.two, Many: &t.many} {
			if *l, err = s.Open(ctx, width); err != nil {
				return err
			}
			if _, err = m.run(ctx, *l, m.Short, 0, 2*width); err != nil {
				return err
			}
		}
		t.grain, err = m.calibrate(ctx, t.one)
		return err
	}()
	if err != nil {
		t.close()
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	return t, nil
}

// calibrate finds how many rounds of a chain take a Slice: languages differ by two
// powers of ten. The fastest of three counts, or whatever disturbs one would make all
// tasks too small. From then on the size is fixed: work is never measured in time.
func (m *meter) calibrate(ctx context.Context, l levels.Level) (grain int, err error) {
	for grain = 1 << 10; grain < 1<<28; grain *= 2 {
		var tries [3]time.Duration
		for i := range tries {
			if tries[i], err = m.run(ctx, l, m.cpu, grain, 1); err != nil {
				return 0, err
			}
		}
		if took := slices.Min(tries[:]); took > m.Slice/2 {
			return max(1, int(float64(grain)*float64(m.Slice)/float64(took))), nil
		}
	}
	return grain, nil
}
