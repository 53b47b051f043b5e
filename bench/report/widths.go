package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// manyWidths is how many widths of one row make a curve, with a section of its own.
// Fewer stay rows of the table.
const manyWidths = 4

// curves are the rows that were measured with many widths, each by its width.
func curves(raw *samples.Run) (all [][]*samples.Cell) {
	var wide []*samples.Cell
	for _, c := range raw.Cells {
		if c.Name.Base == throughput && tabled(c.Name) && !distant(c.Name) && width(c) > 0 {
			wide = append(wide, c)
		}
	}
	for _, g := range groups(wide, narrow) {
		slices.SortStableFunc(g, func(a, b *samples.Cell) int { return cmp.Compare(width(a), width(b)) })
		if len(widths(g)) >= manyWidths {
			all = append(all, g)
		}
	}
	return all
}

func widths(cells []*samples.Cell) (all []int) {
	for _, c := range cells {
		all = append(all, width(c))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// width is the number of workers of a benchmark; 0 if its name has none.
func width(c *samples.Cell) int {
	n, err := strconv.Atoi(c.Name.Part("workers"))
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// narrow is what is the same along a curve: all but workers, what is in flight because
// of them, and the batch that they take.
func narrow(n samples.Name) string {
	key := n.Level + "/" + n.Impl + "/" + n.Work + "/" + n.Grain
	for _, m := range n.More {
		if m.Key != "workers" {
			key += "/" + m.Key + "=" + m.Value
		}
	}
	return key
}

// spares are the cells that are there for an axis only: a distance, or a width that
// is not the usual one. They stay out of the tables, whose rows they would multiply.
// The usual width is the one that was measured in most rounds; of several, the one
// nearest to the number of cores. It is not the fastest: to choose the best of many
// is to choose the luckiest.
func spares(raw *samples.Run) map[*samples.Cell]bool {
	spare := map[*samples.Cell]bool{}
	for _, c := range raw.Cells {
		spare[c] = distant(c.Name)
	}
	cores, err := strconv.Atoi(raw.Setting("cores"))
	if err != nil {
		cores = 1
	}
	for _, curve := range curves(raw) {
		usual := slices.MinFunc(curve, func(a, b *samples.Cell) int {
			off := func(c *samples.Cell) float64 { return math.Abs(math.Log(float64(width(c)) / float64(cores))) }
			return cmp.Or(cmp.Compare(b.Rounds(), a.Rounds()), cmp.Compare(off(a), off(b)))
		})
		for _, c := range raw.Cells {
			if tabled(c.Name) && narrow(c.Name) == narrow(usual.Name) && width(c) != width(usual) {
				spare[c] = true
			}
		}
	}
	return spare
}
