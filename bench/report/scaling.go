package report

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat/usl"
)

// mostWidths fit beside each other into 80 columns.
const mostWidths = 7

// scalingSections show what more workers bring, and what the law of scalability says
// about it, or why it has nothing to say.
func scalingSections(s *survey) (sections []Section) {
	all := curves(s.raw)
	var cells []*samples.Cell
	for _, c := range all {
		cells = append(cells, c[0])
	}
	for _, work := range groups(s.ordered(cells), func(n samples.Name) string { return n.Work + "/" + n.Grain }) {
		sec := Section{Key: "scaling", Title: "Scaling: " + samples.Clip(samples.Clean(work[0].Name.Work), 40) + grained(work[0].Name),
			About: "tasks/s by the number of workers",
			Notes: []string{"USL is Gunther's universal scalability law: contention is what workers wait for each other, coherence what they must tell each other. No figure is foretold beyond the workers that were measured."}}
		var mine [][]*samples.Cell
		var sizes []int
		for _, c := range work {
			curve := all[slices.IndexFunc(all, func(g []*samples.Cell) bool { return g[0] == c })]
			mine, sizes = append(mine, curve), append(sizes, widths(curve)...)
		}
		sizes = shown(sizes)
		for _, n := range sizes {
			sec.Heads = append(sec.Heads, widthHead(n))
		}
		for _, curve := range mine {
			sec.Lines = append(sec.Lines, scalingLine(curve, sizes))
		}
		sections = append(sections, sec)
	}
	return sections
}

// shown are the widths that have a column: all, or the first, the last and what is
// evenly between.
func shown(sizes []int) (some []int) {
	slices.Sort(sizes)
	sizes = slices.Compact(sizes)
	if len(sizes) <= mostWidths {
		return sizes
	}
	for i := range mostWidths {
		some = append(some, sizes[i*(len(sizes)-1)/(mostWidths-1)])
	}
	return some
}

func scalingLine(curve []*samples.Cell, sizes []int) Line {
	l := newLine(curve[0], nil)
	l.Cells = make([]Cell, len(sizes))
	var points []usl.Point
	var beside []Figure // widths that have no column
	for _, c := range curve {
		if why := fault(c); why != "" {
			l.Invalid = fmt.Sprintf("with %s: %s", count(width(c), "worker"), why)
			l.Cells = nil
			return l
		}
		if i := slices.Index(sizes, width(c)); i >= 0 {
			l.Cells[i] = measured(c, "tasks/s")
		} else {
			beside = append(beside, Figure{widthHead(width(c)), measured(c, "tasks/s")})
		}
		for _, v := range c.Values("tasks/s") {
			points = append(points, usl.Point{N: float64(width(c)), X: v})
		}
	}
	var law *usl.Model
	l.Says, l.Figures, law = fits(l.Label, points)
	l.Figures = append(beside, l.Figures...)
	l.curve = curved(curve, l.Label, law)
	return l
}

// widthField begins the field of each width.
const widthField = "tasks_per_s_"

func widthHead(n int) Head { return Head{strconv.Itoa(n), widthField + strconv.Itoa(n), ""} }

// fits says what the laws find in the points, in words and in figures. The law is USL
// where it is accepted, else Amdahl's where that is, else nil.
func fits(label string, points []usl.Point) (words string, figures []Figure, law *usl.Model) {
	cell := func(center float64, r usl.Range) Cell {
		return Cell{Center: center, Lo: r.Lo, Hi: r.Hi, N: len(points)}
	}
	m, err := usl.Fit(points)
	switch {
	case err != nil:
		words = fmt.Sprintf("%s: no USL: %s.", label, reason(err))
	default:
		law = &m
		figures = []Figure{
			{Head{"contention", "usl_sigma", ""}, cell(m.Sigma, m.SigmaRange)}, {Head{"coherence", "usl_kappa", ""}, cell(m.Kappa, m.KappaRange)},
			{Head{"one worker", "usl_lambda_tasks_per_s", ""}, cell(m.Lambda, m.LambdaRange)},
		}
		words = fmt.Sprintf("%s: USL: contention %s, coherence %s; %s.", label, percents(m.Sigma, m.SigmaRange), percents(m.Kappa, m.KappaRange), peak(m))
		if m.PeakMeasured() {
			figures = append(figures, Figure{Head{"peak", "usl_peak_workers", ""}, exactly(m.Peak())})
		}
	}
	if off, err := usl.HoldOut(points, 1); err == nil {
		words += fmt.Sprintf(" Without the last width it would foretell that wrong by %+.0f%%.", 100*off)
		figures = append(figures, Figure{Head{"hold-out error", "usl_holdout_share", ""}, exactly(off)})
	}
	if a, err := usl.Amdahl(points); err == nil {
		if law == nil {
			law = &a
		}
		share := a.SigmaRange
		if finite(share.Hi) {
			share.Hi = max(a.Sigma, min(share.Hi, 1)) // as far as there are shares
		}
		words += fmt.Sprintf(" Amdahl: serial share %s.", percents(a.Sigma, share))
		figures = append(figures, Figure{Head{"serial share", "amdahl_sigma", ""}, cell(a.Sigma, share)})
	} else if m.Lambda > 0 || errors.Is(err, usl.ErrLinear) {
		words += " No Amdahl: " + reason(err) + "."
	}
	return words, figures, law
}

// exactly is a figure of a fit, which has no interval of its own.
func exactly(v float64) Cell { return Cell{Center: v, Lo: math.Inf(-1), Hi: math.Inf(1), N: 1} }

func reason(err error) string { return strings.TrimPrefix(err.Error(), "usl: ") }

func percents(v float64, r usl.Range) string {
	return percent(100*v) + " [" + strings.TrimSuffix(percent(100*r.Lo), "%") + ".." + strings.TrimSuffix(percent(100*r.Hi), "%") + "]"
}

func peak(m usl.Model) string {
	switch {
	case math.IsInf(m.Peak(), 1):
		return "no peak"
	case m.PeakMeasured():
		return fmt.Sprintf("peak at %s", count(int(m.Peak()), "worker"))
	}
	return fmt.Sprintf("its peak is beyond the %.0f workers that were measured", m.To)
}
