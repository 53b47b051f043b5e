// Package catalogue lists all pitfalls. Each lies beside the level it belongs to, and is
// described there; what is said of them together is here.
package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/levels/async/pitfalls/oneafteranother"
	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lostupdate"
)

// All are the pitfalls, level by level in the order of [pitfall.Levels].
var All = []pitfall.Pitfall{
	lostupdate.Pitfall,
	oneafteranother.Pitfall,
}

// Find returns the pitfall of that ID or name, in letters large or small.
func Find(what string) (pitfall.Pitfall, error) {
	i := slices.IndexFunc(All, func(p pitfall.Pitfall) bool {
		return strings.EqualFold(p.ID, what) || strings.EqualFold(p.Name, what)
	})
	if i < 0 {
		return pitfall.Pitfall{}, fmt.Errorf("no pitfall is called %.40q: levels pitfall list has their ids and names", what)
	}
	return All[i], nil
}
