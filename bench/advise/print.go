package advise

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/fourlevels/fourlevels/bench/report"
)

// Write prints the advice as a table of 80 columns, as markdown, or as JSON.
func (a *Advice) Write(w io.Writer, format string) error {
	var b strings.Builder
	switch format {
	case "json":
		text, err := json.MarshalIndent(a, "", "  ")
		if err != nil {
			return err
		}
		b.Write(append(text, '\n'))
	case "markdown":
		a.table(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", "| --- | ---: | ---: | ---: | ---: | ---: | --- |\n")
		a.words(&b, "\n%s\n", 0)
	default:
		a.table(&b, "%-13s %8s %9s %9s %9s %9s  %s\n", "")
		fmt.Fprintln(&b)
		a.words(&b, "%s\n", 80)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *Advice) table(b *strings.Builder, line, rule string) {
	n := rate(a.Question.tasks())
	fmt.Fprintf(b, line, "level", "tasks/s", n+" take", "alone", "when full", "memory", "limit")
	b.WriteString(rule)
	for _, p := range a.Predictions {
		fmt.Fprintf(b, line, p.Level, rate(p.Throughput), seconds(p.Total), seconds(p.Alone), seconds(p.Full), bytes(p.Memory), p.Limit)
	}
}

func (a *Advice) words(b *strings.Builder, line string, width int) {
	say := func(text string) { fmt.Fprintf(b, line, wrap(text, width)) }
	if a.Take != "" {
		say("Take " + a.Take + ". " + a.Why)
		say("How sure: " + a.Sure + ".")
	}
	for _, x := range a.Crossovers {
		say(upper(x) + ".")
	}
	for _, warning := range a.Warnings {
		say("! " + warning)
	}
}

// wrap is [report.Wrap]; a width of 0 means one line.
func wrap(text string, width int) string {
	if width == 0 {
		return text
	}
	return report.Wrap(text, width, 2)
}
