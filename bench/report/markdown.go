package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
)

// writeMarkdown writes r for a page.
func (r *Run) writeMarkdown(page *bytes.Buffer) error {
	fmt.Fprintf(page, "## Run %s\n\n%s\n", escape(r.Name), escape(r.header()))
	if r.Partial != "" {
		fmt.Fprintf(page, "\n**PARTIAL: %s**\n", escape(r.Partial))
	}
	for i := range r.Tables {
		t := &r.Tables[i]
		work, about := t.title()
		fmt.Fprintf(page, "\n### %s\n\n%s\n\n", escape(work), escape(about))
		var notes footnotes
		if err := markdownTable(page, t, &notes); err != nil {
			return err
		}
		fmt.Fprintln(page)
		notes.markdown(page)
		if len(notes) > 0 {
			fmt.Fprintln(page)
		}
		fmt.Fprintf(page, "**Verdict:** %s\n", escape(t.Verdict))
		if t.Noise != "" {
			fmt.Fprintf(page, "\n**Noise:** %s\n", escape(t.Noise))
		}
	}
	for i := range r.Sections {
		if err := markdownSection(page, &r.Sections[i]); err != nil {
			return err
		}
	}
	fmt.Fprintln(page)
	for _, note := range append(r.legend(), r.Notes...) {
		fmt.Fprintf(page, "- %s\n", escape(note))
	}
	fmt.Fprintf(page, "\nRaw results: %s\n", escape(r.Raw))
	return nil
}

func markdownTable(page *bytes.Buffer, t *Table, notes *footnotes) error {
	head := []string{"level", "at once"}
	for _, c := range columns {
		head = append(head, strings.ReplaceAll(c.head, "\n", " "))
	}
	var lines [][]string
	for i := range t.Rows {
		lines = append(lines, append([]string{t.Rows[i].Label}, look{style: roomy}.cells(&t.Rows[i], notes)...))
	}
	return markdownGrid(page, head, lines)
}

func markdownGrid(page *bytes.Buffer, head []string, lines [][]string) error {
	table := tablewriter.NewTable(page, tablewriter.WithRenderer(renderer.NewMarkdown()), plain(len(head)))
	table.Header(head)
	for _, line := range lines {
		cells := make([]string, len(line))
		for i, cell := range line {
			cells[i] = escape(strings.TrimSpace(cell))
		}
		if err := table.Append(cells); err != nil {
			return err
		}
	}
	return table.Render()
}

func markdownSection(page *bytes.Buffer, s *Section) error {
	fmt.Fprintf(page, "\n### %s\n\n%s\n\n", escape(s.Title), escape(s.About+s.rounds()))
	var notes footnotes
	if lines := s.shown(); len(s.Heads) > 0 && len(lines) > 0 {
		var cells [][]string
		for _, r := range lines {
			cells = append(cells, append([]string{r.Label}, look{style: roomy}.line(s, r, &notes)...))
		}
		if err := markdownGrid(page, s.heading(" "), cells); err != nil {
			return err
		}
		fmt.Fprintln(page)
	}
	notes.markdown(page)
	words := s.words()
	if len(notes) > 0 && len(words) > 0 {
		fmt.Fprintln(page)
	}
	for _, sentence := range words {
		fmt.Fprintf(page, "- %s\n", escape(sentence))
	}
	return nil
}

// markdown writes the footnotes as a paragraph, a line each. A backslash ends a line,
// but not a paragraph: there it would be seen.
func (f footnotes) markdown(page *bytes.Buffer) {
	for n, note := range f {
		fmt.Fprintf(page, "%s %s", superscript(n+1), escape(note))
		if n < len(f)-1 {
			page.WriteString("\\\n")
		} else {
			page.WriteString("\n")
		}
	}
}

// escape makes clean text mean only itself in Markdown. The renderer escapes
// nothing, and names come from outside: a bar would open a column, a bracket a
// link, an at sign would call somebody. Addresses become links by themselves.
func escape(s string) string {
	var b strings.Builder
	for i, r := range s {
		address := r == ':' && strings.HasPrefix(s[i:], "://") || r == '.' && strings.EqualFold(s[max(0, i-3):i], "www")
		if address || strings.ContainsRune("\\`*_[]<>|~#&@!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
