package bench

import (
	"fmt"

	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// ofPitfalls is the kind of measurement that knows no levels and no workloads.
const ofPitfalls = "pitfall"

// completePitfalls writes the ids of pitfalls as they are written, and refuses those that
// cannot run here. Without any, all that can are meant.
func completePitfalls(asked []string) (ids []string, err error) {
	for _, what := range asked {
		p, err := catalogue.Find(what)
		if err != nil {
			return nil, err
		}
		if missing := p.Missing(); missing != "" {
			return nil, Environment(fmt.Errorf("pitfall %s cannot run here: %s", p.ID, missing))
		}
		ids = append(ids, p.ID)
	}
	if len(asked) > 0 {
		return ids, nil
	}
	for _, p := range catalogue.All {
		if p.Missing() == "" {
			ids = append(ids, p.ID)
		}
	}
	return ids, nil
}

// pitfalls yields both programs of each pitfall.
func (a Axes) pitfalls(yield func(Cell) bool) bool {
	for _, id := range a.Pitfalls {
		for _, which := range []pitfall.Which{pitfall.Broken, pitfall.Fixed} {
			c := Cell{Kind: ofPitfalls, Spec: fleet.Spec{{Level: "serial"}}, Every: a.Every, Pitfall: id, Variant: which}
			if !yield(c) {
				return false
			}
		}
	}
	return true
}
