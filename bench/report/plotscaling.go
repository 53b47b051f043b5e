package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/guptarohit/asciigraph"

	"github.com/fourlevels/fourlevels/bench/stat/usl"
)

const (
	tall = 14 // the last row of a plot of curves
	side = 6  // columns before its axis: for a number as in 200k
)

// A trace is one level by its number of workers.
type trace struct {
	label  string
	points []usl.Point // medians, by N
	law    usl.Model   // a λ of 0 means that none was accepted
}

// curves draws throughput over workers, both by their logs: a level that keeps getting
// faster is a straight line. Marks are what was measured. The line between them is the
// fitted law where it was accepted, and else only joins the marks.
func (p *pen) curves(s *Section) []string {
	all := tracesOf(s)
	shown := all[:min(len(all), len(p.marks))]
	sizes := workersOf(shown)
	if len(sizes) < 2 {
		return nil
	}
	xs := scale{math.Log10(sizes[0]), math.Log10(sizes[len(sizes)-1]), plotWidth - side - 1 - len(p.marks)}
	ys := newScale(heights(shown, xs), finest, tall)
	rows := p.lines(shown, xs, ys)
	p.marked(rows, shown, xs, ys)
	numbers := map[int]string{}
	for _, v := range ys.ticks(2) {
		numbers[tall-ys.at(v)] = number(v, 1, "")
	}
	lines := strings.Split(Wrap(p.legend(shown, len(all)), plotWidth, 2), "\n")
	for i, row := range rows {
		axis := p.axes[upright]
		if numbers[i] != "" {
			axis = p.axes[stub]
		}
		lines = append(lines, fmt.Sprintf("%*s ", side-1, numbers[i])+axis+strings.Join(row, ""))
	}
	return append(lines, p.base(side, xs, xs.spaced(sizes, 4), func(v float64) string { return strconv.Itoa(int(v)) })...)
}

// tracesOf are the lines of a section that have a figure to draw.
func tracesOf(s *Section) (all []trace) {
	for i := range s.Lines {
		c := trace{label: clipped(s.Lines[i].Label)}
		for _, f := range s.figures(&s.Lines[i]) {
			switch f.Field {
			case "usl_lambda_tasks_per_s":
				c.law.Lambda = f.Center
			case "usl_sigma":
				c.law.Sigma = f.Center
			case "usl_kappa":
				c.law.Kappa = f.Center
			}
			workers, of := strings.CutPrefix(f.Field, widthField)
			if n, err := strconv.ParseFloat(workers, 64); of && err == nil && drawable(f.Cell) {
				c.points = append(c.points, usl.Point{N: n, X: f.Center})
			}
		}
		slices.SortFunc(c.points, func(a, b usl.Point) int { return cmp.Compare(a.N, b.N) })
		if len(c.points) > 0 {
			c.law.From, c.law.To = c.points[0].N, c.points[len(c.points)-1].N
			all = append(all, c)
		}
	}
	return all
}

// workersOf are the widths at which there is a point.
func workersOf(all []trace) (sizes []float64) {
	for _, c := range all {
		for _, x := range c.points {
			sizes = append(sizes, x.N)
		}
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// at is how high the line stands at n workers, within what was measured.
func (c *trace) at(n float64) float64 {
	n = min(max(n, c.law.From), c.law.To)
	if v, err := c.law.Predict(n); c.law.Lambda > 0 && err == nil {
		return v
	}
	i, found := slices.BinarySearchFunc(c.points, n, func(x usl.Point, n float64) int { return cmp.Compare(x.N, n) })
	if found {
		return c.points[i].X
	}
	a, b := c.points[i-1], c.points[i]
	share := math.Log(n/a.N) / math.Log(b.N/a.N)
	return a.X * math.Pow(b.X/a.X, share)
}

// heights are all that has to fit: the points, and the lines between.
func heights(all []trace, xs scale) (values []float64) {
	for i := range all {
		c := &all[i]
		for _, x := range c.points {
			values = append(values, x.X)
		}
		for column := xs.at(c.law.From); column <= xs.at(c.law.To); column++ {
			values = append(values, c.at(xs.value(column)))
		}
	}
	return values
}

// lines draws the lines without their marks. The heights it hands over are rows, from 0
// to tall, so that the marks fall on the lines.
func (p *pen) lines(all []trace, xs, ys scale) [][]string {
	var data [][]float64
	var sets []asciigraph.CharSet
	for i := range all {
		c := &all[i]
		row := make([]float64, xs.last+1)
		for column := range row {
			row[column] = math.NaN()
			if column >= xs.at(c.law.From) && column <= xs.at(c.law.To) {
				row[column] = min(max(ys.place(c.at(xs.value(column))), 0), tall)
			}
		}
		data, sets = append(data, row), append(sets, p.strokes(c))
	}
	text := asciigraph.PlotMany(data, asciigraph.Height(tall), asciigraph.LowerBound(0), asciigraph.UpperBound(tall), asciigraph.SeriesChars(sets...))
	rows := make([][]string, tall+1)
	for i, line := range strings.Split(text, "\n") {
		_, drawn, _ := strings.Cut(strings.ReplaceAll(line, "┼", "┤"), "┤") // its own numbers are those of rows
		rows[i] = strings.Split(drawn, "")
		for len(rows[i]) < plotWidth-side-1 {
			rows[i] = append(rows[i], " ")
		}
	}
	return rows
}

// strokes are what the line of a curve is made of.
func (p *pen) strokes(c *trace) asciigraph.CharSet {
	switch {
	case c.law.Lambda > 0:
		return asciigraph.CreateCharSet(p.axes[fit])
	case p.ascii:
		return asciigraph.CharSet{Horizontal: "-", VerticalLine: "|", ArcDownRight: "/", ArcUpLeft: "/",
			ArcDownLeft: "\\", ArcUpRight: "\\", StartCap: "-", EndCap: "-"}
	}
	return asciigraph.DefaultCharSet
}

// marked puts the marks on the lines. One that would cover another stands beside it.
func (p *pen) marked(rows [][]string, all []trace, xs, ys scale) {
	taken := map[[2]int]bool{}
	for i, c := range all {
		for _, x := range c.points {
			row, column := tall-ys.at(x.X), xs.at(x.N)
			for taken[[2]int{row, column}] && column < len(rows[row])-1 {
				column++
			}
			taken[[2]int{row, column}] = true
			rows[row][column] = p.mark(i)
		}
	}
}

// legend says what the marks and the lines are.
func (p *pen) legend(all []trace, of int) string {
	var names []string
	fitted, joined := strings.Repeat(p.axes[fit], 3), strings.Repeat(p.join, 3)
	words := map[string]string{}
	for i, c := range all {
		if c.law.Lambda > 0 {
			words[fitted] = fitted + " is the law that was fitted"
		} else {
			words[joined] = joined + " joins what was measured"
		}
		names = append(names, p.mark(i)+" "+c.label)
	}
	text := "tasks/s by workers, on log scales: " + strings.Join(names, ", ")
	for _, style := range []string{fitted, joined} {
		if words[style] != "" {
			text += "; " + words[style]
		}
	}
	if more := of - len(all); more > 0 {
		text += fmt.Sprintf("; %d more are in the table only", more)
	}
	return text
}
