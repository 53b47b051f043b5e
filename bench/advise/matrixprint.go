package advise

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench/chart"
)

// Write prints the matrix as a table of 80 columns, as markdown, or as JSON.
func (m *Matrix) Write(w io.Writer, format string) error {
	var b strings.Builder
	switch format {
	case "json":
		text, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			return err
		}
		b.Write(append(text, '\n'))
	case "markdown":
		m.markdown(&b)
	default:
		m.text(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// text has two lines for a row, for five levels and a question do not fit beside each other.
func (m *Matrix) text(b *strings.Builder) {
	const line = "  %-15s%-16s%-15s%-15s%-15s"
	fmt.Fprintln(b, strings.TrimRight(fmt.Sprintf(line, strs(m.Levels)...), " "))
	for _, row := range m.Rows {
		fmt.Fprintf(b, "%s\n", row.head())
		if why := row.missing(); why != "" {
			fmt.Fprintf(b, "  %s\n", why)
			continue
		}
		high := 1
		columns := make([][]string, len(row.Cells))
		for i, c := range row.Cells {
			columns[i] = strings.Split(wrap(c.text(row.Unit), 14), "\n  ")
			high = max(high, len(columns[i]))
		}
		for n := range high {
			var parts []any
			for _, lines := range columns {
				part := ""
				if n < len(lines) {
					part = lines[n]
				}
				parts = append(parts, part)
			}
			fmt.Fprintln(b, strings.TrimRight(fmt.Sprintf(line, parts...), " "))
		}
	}
	fmt.Fprintln(b)
	for _, note := range m.legend() {
		fmt.Fprintln(b, wrap(note, 80))
	}
}

func (m *Matrix) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "| question | %s |\n|%s\n", strings.Join(m.Levels, " | "), strings.Repeat(" --- |", len(m.Levels)+1))
	for _, row := range m.Rows {
		var cells []string
		for _, c := range row.Cells {
			text := c.text(row.Unit)
			if c.Best {
				text = "**" + strings.TrimSuffix(text, "*") + "**"
			}
			cells = append(cells, text)
		}
		fmt.Fprintf(b, "| %s | %s |\n", row.head(), strings.Join(cells, " | "))
	}
	for _, note := range m.legend() {
		fmt.Fprintf(b, "\n%s\n", strings.NewReplacer("*", "\\*", "_", "\\_", "<", "\\<", "|", "\\|").Replace(note))
	}
}

// Table is the matrix for a page. What was not measured is a dash, or no row at all where
// no level was, and how to measure it stands below.
func (m *Matrix) Table() chart.Table {
	t := chart.Table{Title: "The matrix", Head: append([]string{"question"}, m.Levels...), Notes: m.legend()}
	for _, row := range m.Rows {
		if why := row.missing(); why != "" {
			t.Notes = append(t.Notes, row.head()+": "+why+".")
			continue
		}
		cells := chart.Texts(row.head())
		for _, c := range row.Cells {
			cell := chart.Cell{Text: c.text(row.Unit), Best: c.Best}
			if c.Why != "" {
				cell.Text = "-"
				if note := "A dash: " + c.Why + "."; !slices.Contains(t.Notes, note) {
					t.Notes = append(t.Notes, note)
				}
			}
			cells = append(cells, cell)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func (m *Matrix) legend() []string {
	return []string{
		"* is the best of its row, or as good within the intervals; without intervals there is none.",
		"± is how far the 95 % interval of the median over the rounds reaches, on its longer side; ±? is too few of them.",
		"(promise) is no measurement: it is what docs/levels.md says, and leveltest checks.",
		"Measured: " + m.Run,
	}
}

func (r Row) head() string {
	if r.Unit == "" {
		return r.Question + " (promise)"
	}
	return r.Question
}

// missing is the reason why a row has nothing at all, or "".
func (r Row) missing() string {
	if slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.Why == "" }) {
		return ""
	}
	return r.Cells[0].Why
}

func (c Cell) text(unit string) string {
	star := ""
	if c.Best {
		star = "*"
	}
	switch {
	case c.Value == nil && c.Promise == "":
		return c.Why
	case c.Value == nil:
		return c.Promise + star
	}
	spread := "±?"
	if c.Lo != nil && *c.Value > 0 {
		spread = fmt.Sprintf("±%.0f%%", 100*max(*c.Hi / *c.Value - 1, 1 - *c.Lo / *c.Value))
	}
	value := rate(*c.Value)
	switch {
	case strings.HasPrefix(unit, "inflight-B"):
		value = bytes(*c.Value)
	case strings.Contains(unit, "sec"):
		value = seconds(*c.Value)
	}
	return strings.ReplaceAll(value, " ", "") + spread + star
}

func strs(names []string) (all []any) {
	for _, name := range names {
		all = append(all, name)
	}
	return all
}
