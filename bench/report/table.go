package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

const (
	bold   = "\x1b[1m"
	green  = "\x1b[1;32m"
	red    = "\x1b[1;31m"
	normal = "\x1b[0m"
)

// A look is how the tables are written on one kind of page.
type look struct {
	style style
	label int // width of the first column; longer labels go on below
	color bool
	gap   string // after each column
}

// terminal chooses the look that fits the width: what is written tight takes at
// most 80 columns, what is written roomy at most 120.
func terminal(o Options) look {
	if o.Width >= 120 {
		return look{roomy, 26, o.Color, "  "}
	}
	return look{tight, 13, o.Color, " "}
}

func (l look) paint(color, text string) string {
	if !l.color {
		return text
	}
	return color + text + normal
}

// writeText writes r for a terminal.
func (r *Run) writeText(page *bytes.Buffer, o Options) error {
	l := terminal(o)
	line := func(text string, indent int) { fmt.Fprintln(page, Wrap(text, o.Width, indent)) }
	fmt.Fprintln(page, l.paint(bold, Wrap("Run "+r.Name, o.Width, 0)))
	line(r.header(), 0)
	if r.Partial != "" {
		line("PARTIAL: "+r.Partial, 0)
	}
	for i := range r.Tables {
		t := &r.Tables[i]
		work, about := t.title()
		fmt.Fprintln(page)
		line(l.paint(bold, work)+" - "+about, 2)
		var notes footnotes
		if err := l.table(page, t, &notes); err != nil {
			return err
		}
		for n, note := range notes {
			line(superscript(n+1)+" "+note, 2)
		}
		line("=> "+t.Verdict, 3)
		if t.Noise != "" {
			line("~ "+t.Noise, 2)
		}
	}
	for i := range r.Sections {
		if err := l.section(page, &r.Sections[i], o); err != nil {
			return err
		}
	}
	fmt.Fprintln(page)
	for _, note := range append(r.legend(), r.Notes...) {
		line(note, 2)
	}
	fmt.Fprintln(page, "Raw results:", r.Raw) // not wrapped: it is there to be copied
	return nil
}

// table writes one table, and leaves in notes what its marks stand for.
func (l look) table(page *bytes.Buffer, t *Table, notes *footnotes) error {
	head := []string{"level", "at\nonce"}
	for _, c := range columns {
		head = append(head, strings.ReplaceAll(c.head, "\n", " \n")+" ") // the space stands above the marks
	}
	var lines [][]string
	for i := range t.Rows {
		row := &t.Rows[i]
		label := strings.Join(fold(row.Label, l.label), "\n")
		lines = append(lines, append([]string{label}, l.cells(row, notes)...))
	}
	return l.grid(page, head, lines)
}

// grid writes lines of cells below their heads, without any frame.
func (l look) grid(page *bytes.Buffer, head []string, lines [][]string) error {
	var text bytes.Buffer
	table := tablewriter.NewTable(&text,
		tablewriter.WithRenderer(renderer.NewBlueprint()),
		tablewriter.WithRendition(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbols(tw.StyleASCII),
			Settings: tw.Settings{
				Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.On},
				Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off},
			},
		}),
		tablewriter.WithPadding(tw.Padding{Right: l.gap, Overwrite: true}),
		plain(len(head)),
	)
	table.Header(head)
	if err := table.Bulk(lines); err != nil {
		return err
	}
	if err := table.Render(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		fmt.Fprintln(page, strings.TrimRight(line, " \n"))
	}
	return nil
}

// section writes one section for a terminal.
func (l look) section(page *bytes.Buffer, s *Section, o Options) error {
	line := func(text string, indent int) { fmt.Fprintln(page, Wrap(text, o.Width, indent)) }
	fmt.Fprintln(page)
	line(l.paint(bold, s.Title)+" - "+s.About+s.rounds(), 2)
	notes, err := l.sectionTable(page, s, o.Width)
	if err != nil {
		return err
	}
	for n, note := range notes {
		line(superscript(n+1)+" "+note, 2)
	}
	words := s.words()
	if plot := newPen(o).plot(s); len(plot) > 0 {
		fmt.Fprintf(page, "\n%s\n", strings.Join(plot, "\n"))
		if len(words) > 0 {
			fmt.Fprintln(page)
		}
	}
	for _, sentence := range words {
		line("=> "+sentence, 3)
	}
	return nil
}

// sectionTable writes the table of a section, if it has one. Labels are whole where the
// columns leave room for them, and else go on below.
func (l look) sectionTable(page *bytes.Buffer, s *Section, width int) (footnotes, error) {
	lines := s.shown()
	if len(s.Heads) == 0 || len(lines) == 0 {
		return nil, nil
	}
	for _, label := range []int{2 * l.label, l.label} {
		var notes footnotes
		var cells [][]string
		for _, r := range lines {
			cells = append(cells, append([]string{strings.Join(fold(r.Label, label), "\n")}, l.line(s, r, &notes)...))
		}
		var table bytes.Buffer
		if err := l.grid(&table, s.heading("\n"), cells); err != nil {
			return nil, err
		}
		if label == l.label || widest(table.String()) <= width {
			page.Write(table.Bytes())
			return notes, nil
		}
	}
	return nil, nil
}

// widest is the width of the widest line.
func widest(text string) (columns int) {
	for line := range strings.Lines(text) {
		columns = max(columns, wide(strings.TrimSuffix(line, "\n")))
	}
	return columns
}

// plain keeps tablewriter from improving the cells: no capitals, no wrapping, no
// trimming of the space that stands where no mark is, no width by locale.
func plain(columns int) tablewriter.Option {
	return func(t *tablewriter.Table) {
		align := tw.Alignment{tw.AlignLeft}
		for range columns - 1 {
			align = append(align, tw.AlignRight)
		}
		t.Options(
			tablewriter.WithAlignment(align),
			tablewriter.WithHeaderAutoFormat(tw.Off),
			tablewriter.WithHeaderAutoWrap(tw.WrapNone),
			tablewriter.WithRowAutoWrap(tw.WrapNone),
			tablewriter.WithTrimSpace(tw.Off),
			tablewriter.WithEastAsian(tw.Off),
		)
	}
}

// cells are the columns of a row after its label. Each measurement ends with the
// place of its mark, be it empty, so that the figures stand in line.
func (l look) cells(r *Row, notes *footnotes) []string {
	cells := []string{atOnce(r.AtOnce)}
	for i, c := range columns {
		cell := c.of(r)
		text := l.style.cell(*cell, c.unit)
		switch {
		case r.Invalid != "" && i == 0:
			text = l.paint(red, "INVALID"+notes.mark(r.Invalid))
		case r.Invalid != "":
			text += " "
		case cell.N == 0:
			text += notes.mark(cell.Why)
		case cell.Best:
			text = l.paint(green, text+"*")
		default:
			text += " "
		}
		cells = append(cells, text)
	}
	return cells
}
