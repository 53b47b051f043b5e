package pitfall

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// Which of the two programs.
type Which string

const (
	Broken Which = "broken"
	Fixed  Which = "fixed"
)

// A Side is what one of the two programs showed.
type Side struct {
	Number   float64   // the one that is judged
	Outcomes []Outcome // of one run
	Took     time.Duration
	Samples  []time.Duration // of the time that is judged, if it is one
	Yard     []time.Duration // of the yardstick, each taken beside one of those
}

// Rounds is how often programs are run that are judged by time. The least of five is
// taken: on a busy machine two single runs of the same code differ up to twelvefold, the
// least of five up to twofold where they compute, and by 4 % where they wait.
const Rounds = 5

// Look runs one of the two programs in this process: once if its outcomes are counted,
// else [Rounds] times in turn with the yardstick. Programs that are broken may hang until
// ctx ends, or end the process.
func (p Pitfall) Look(ctx context.Context, which Which) (Side, error) {
	program, err := p.Variant(which)
	if err != nil {
		return Side{}, err
	}
	return p.Judge(ctx, program)
}

// Variant is one of the two programs.
func (p Pitfall) Variant(which Which) (Variant, error) {
	switch which {
	case Broken:
		return p.Broken, nil
	case Fixed:
		return p.Fixed, nil
	}
	return nil, fmt.Errorf("%q is neither broken nor fixed", which)
}

// Judge is [Pitfall.Look] for a program that is neither of the two: a student's.
func (p Pitfall) Judge(ctx context.Context, program Variant) (s Side, err error) {
	rounds := 1
	if p.Class.Timed() {
		rounds = Rounds
	}
	for i := range rounds {
		if p.Class.Timed() && i%2 == 0 {
			err = s.yard(ctx, p.Yardstick)
		}
		if err == nil {
			err = s.run(ctx, program)
		}
		if err == nil && p.Class.Timed() && i%2 == 1 {
			err = s.yard(ctx, p.Yardstick)
		}
		if err != nil {
			return s, err
		}
	}
	s.Number = float64(Seen{Outcomes: s.Outcomes}.Sum(Forbidden))
	if p.Class.Timed() {
		s.Number = 0
		if len(s.Samples) > 0 {
			s.Number = float64(slices.Min(s.Samples)) / float64(slices.Min(s.Yard))
		}
	}
	return s, nil
}

func (s *Side) yard(ctx context.Context, yardstick Variant) error {
	seen, err := yardstick(ctx)
	if err == nil && seen.Took <= 0 {
		err = fmt.Errorf("the yardstick took %v", seen.Took)
	}
	s.Yard = append(s.Yard, seen.Took)
	return err
}

func (s *Side) run(ctx context.Context, program Variant) error {
	start := time.Now()
	seen, err := program(ctx)
	if took := time.Since(start); s.Took == 0 || took < s.Took {
		s.Took = took
	}
	if s.Outcomes == nil || worse(seen, Seen{Outcomes: s.Outcomes}) {
		s.Outcomes = seen.Outcomes
	}
	if seen.Took > 0 {
		s.Samples = append(s.Samples, seen.Took)
	}
	return err
}

// worse reports whether a run ended worse than another: the worst of all rounds is shown,
// for a promise must hold in each.
func worse(a, b Seen) bool {
	return cmp.Or(cmp.Compare(a.Sum(Forbidden), b.Sum(Forbidden)), cmp.Compare(b.Sum(Expected), a.Sum(Expected)),
		cmp.Compare(b.Sum(Allowed), a.Sum(Allowed))) > 0
}
