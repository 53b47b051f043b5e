package compare

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/fourlevels/fourlevels/bench/report"
)

// markdown writes the report for a page, such as a job's summary.
func (r *Report) markdown(page *bytes.Buffer) {
	fmt.Fprintf(page, "## %s\n\n**%s**: %s\n\n", report.Markdown(r.title()), r.Verdict, report.Markdown(r.Why))
	if rows := r.shown(); len(rows) > 0 {
		markdownTable(page, judgedHead, rows)
		for _, text := range r.reasons() {
			fmt.Fprintf(page, "- %s\n", report.Markdown(text))
		}
		fmt.Fprintln(page)
	}
	if len(r.Comments) > 0 {
		fmt.Fprint(page, "<details><summary>Reported, but not judged</summary>\n\n")
		markdownTable(page, commentHead, rows(r.Comments, true))
		fmt.Fprint(page, "</details>\n\n")
	}
	for _, text := range r.remarks() {
		fmt.Fprintf(page, "- %s\n", report.Markdown(text))
	}
}

func markdownTable(page *bytes.Buffer, head []string, rows [][]string) {
	line := func(cells []string) {
		for _, cell := range cells {
			fmt.Fprintf(page, "| %s ", report.Markdown(cell))
		}
		fmt.Fprintln(page, "|")
	}
	line(head)
	fmt.Fprintln(page, "|---"+strings.Repeat("|---:", len(head)-2)+"|---|")
	for _, cells := range rows {
		line(cells)
	}
	fmt.Fprintln(page)
}
