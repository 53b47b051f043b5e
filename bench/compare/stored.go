package compare

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// A Stored is a comparison as it was measured in turns.
type Stored struct {
	Base, Head *samples.Run
	Control    *samples.Run // nil if its folder is gone
	Looks      []Look       // that were laid down before it began; none if the runs do not say
	Margin     float64      // that was asked for; 0 if the runs do not say
}

// Open reads the folder that a [Trial] left.
func Open(dir string) (*Stored, error) {
	base, err := samples.Open(filepath.Join(dir, sides[0]))
	if err != nil {
		return nil, err
	}
	head, err := samples.Open(filepath.Join(dir, sides[1]))
	if err != nil {
		return nil, err
	}
	s, ok, err := Together(base, head)
	if err == nil && !ok {
		err = fmt.Errorf("%.200q is no comparison: its runs do not say that they took turns", dir)
	}
	return s, err
}

// Together finds out whether two runs took turns, as the sides of one comparison, and
// then reads the control beside them.
func Together(base, head *samples.Run) (s *Stored, ok bool, err error) {
	id := base.Setting("comparison")
	if id == "" || id != head.Setting("comparison") || base.Setting("side") == head.Setting("side") || base.Dir == "" {
		return nil, false, nil
	}
	s = &Stored{Base: base, Head: head}
	if s.Looks, err = parseLooks(base.Setting("looks")); err != nil {
		return nil, false, fmt.Errorf("%s: %w", samples.Clean(base.File), err)
	}
	if text := base.Setting("margin"); text != "" {
		if s.Margin, err = strconv.ParseFloat(text, 64); err != nil || !(s.Margin > 0 && s.Margin <= 10) {
			return nil, false, fmt.Errorf("%s: margin is %.80q: want a share, as in 0.05", samples.Clean(base.File), text)
		}
	}
	control, err := samples.Open(filepath.Join(filepath.Dir(filepath.Clean(base.Dir)), sides[2]))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, true, nil
	case err != nil:
		return nil, false, err
	case control.Setting("comparison") == id && base.Setting("side") == sides[0]:
		s.Control = control
	}
	return s, true, nil
}

// parseLooks reads what create wrote, as "10:1e-05,20:0.0016".
func parseLooks(text string) (looks []Look, err error) {
	if text == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		n, share, _ := strings.Cut(part, ":")
		rounds, err1 := strconv.Atoi(n)
		alpha, err2 := strconv.ParseFloat(share, 64)
		if err1 != nil || err2 != nil || rounds < 1 || !(alpha > 0 && alpha < 1) {
			return nil, fmt.Errorf("looks are %.80q: want rounds and shares, as in 10:1e-05,20:0.0016", text)
		}
		looks = append(looks, Look{rounds, alpha})
	}
	return looks, nil
}

// Compare judges it. An alpha of 0 is that of the look that its rounds reach, and a
// margin of 0 the one that it was measured for.
func (s *Stored) Compare(alpha, margin float64) *Report {
	rounds := 0
	for _, c := range s.Base.Cells {
		rounds = max(rounds, c.Rounds())
	}
	if alpha == 0 && len(s.Looks) > 0 {
		alpha = lookAt(s.Looks, rounds).Alpha
	}
	r := Compare(s.Base, s.Head, s.Control, Config{Alpha: alpha, Margin: cmp.Or(margin, s.Margin)})
	if s.Head.Setting("benchmarks") == "changed" {
		r.note("the benchmarks or the workloads changed between the two versions: a difference may be in how it is measured")
	}
	if flags := s.Head.Setting("flags"); flags != "" {
		r.note("head had other flags: %s", flags)
	}
	if s.Control == nil {
		r.note("there is no control: nobody compared the base with itself in these rounds")
	}
	if !s.Base.Ended && rounds > 0 && len(s.Looks) > 0 && lookAt(s.Looks, rounds).Rounds != rounds {
		r.note("the comparison was interrupted after %d rounds, which is no look that was laid down", rounds)
	}
	return r
}
