package bench

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// ofPitfalls is the kind of measurement that knows no levels and no workloads.
const ofPitfalls = "pitfall"

// completePitfalls writes the ids of pitfalls as they are written. Without any, all that
// can run here are meant.
func completePitfalls(asked []string) (ids []string, err error) {
	for _, what := range asked {
		p, err := catalogue.Find(what)
		if err != nil {
			return nil, err
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
		p, err := catalogue.Find(id)
		if err != nil {
			continue // of a plan that another version wrote
		}
		for _, which := range []pitfall.Which{pitfall.Broken, pitfall.Fixed} {
			if !yield(Cell{Kind: ofPitfalls, Every: a.Every, Pitfall: p.ID, Called: p.Name, Variant: which}) {
				return false
			}
		}
	}
	return true
}

// OfPitfalls reports whether a complete plan measures pitfalls, and no level.
func (p Plan) OfPitfalls() bool {
	return !slices.ContainsFunc(p.Cells(), func(c Cell) bool { return c.Pitfall == "" })
}

// planned are the pitfalls that the plan measures.
func (p Plan) planned() (all []pitfall.Pitfall) {
	var ids []string
	for _, c := range p.Cells() {
		if c.Pitfall == "" || slices.Contains(ids, c.Pitfall) {
			continue
		}
		if found, err := catalogue.Find(c.Pitfall); err == nil {
			ids, all = append(ids, c.Pitfall), append(all, found)
		}
	}
	return all
}

// runnable says which pitfall of the plan cannot run here at all.
func (p Plan) runnable() error {
	for _, one := range p.planned() {
		if why := one.Missing(); why != "" {
			return fmt.Errorf("pitfall %s cannot run here: %s", one.ID, why)
		}
	}
	return nil
}

// Hidden says which pitfalls of the plan run here, and cannot show themselves now: they
// take two cores, and a neighbour has one. It is an error if there are no others.
func (p Plan) Hidden() (warning string, err error) {
	var ids []string
	why, all := "", p.planned()
	for _, one := range all {
		if one.Class != pitfall.Par || one.Missing() != "" {
			continue
		}
		if why == "" { // one look is enough for all of them
			why = one.Here()
		}
		if why == "" {
			return "", nil
		}
		ids = append(ids, one.ID)
	}
	if len(ids) == 0 {
		return "", nil
	}
	warning = fmt.Sprintf("%s may not show here: %s", strings.Join(ids, ", "), why)
	if len(ids) == len(all) && p.OfPitfalls() {
		return "", Environment(fmt.Errorf("%s: try again when the machine is quiet", warning))
	}
	return warning, nil
}
