package catalogue

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// heads are the titles of the levels' parts.
var heads = map[string]string{
	"machine": "Machines", "process": "Processes", "thread": "Threads", "async": "Async I/O",
	"measuring": "Measuring", "redis": "Redis below the queue",
}

// WritePage writes all pitfalls as a page of Markdown: docs/reference/pitfalls.md.
func WritePage(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, `# Pitfalls

<!-- Written by levels pitfall list --format markdown: change the entries beside the levels instead. -->

%d programs that go wrong, each beside its fixed twin. The numbers are what the proof asks
for, on every machine: `+"`levels pitfall prove`"+` runs both programs of each, in processes of
their own, and fails if a broken one holds or a fixed one breaks. See one happen with
`+"`levels pitfall run ID`"+`.

How a number is judged: **COUNT** is a number of forbidden outcomes. The others are ratios
to a yardstick, which is what the same work takes if nothing is in its way, in the same
process: **WAIT** of times spent waiting, **CPU** of times spent computing, **PAR** of times
that need two cores at once, on machines that are first seen to have them.
`, len(All))
	b.WriteString("\n## List\n")
	for _, level := range pitfall.Levels {
		writeList(&b, level)
	}
	for _, level := range pitfall.Levels {
		if err := writeEntries(&b, level); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeList(b *strings.Builder, level string) {
	fmt.Fprintf(b, "\n**%s**\n\n| id | pitfall | class | broken | fixed | of what |\n|---|---|---|---|---|---|\n", heads[level])
	for _, p := range All {
		if p.Level == level {
			fmt.Fprintf(b, "| %s | [%s](#%s) | %s | %s | %s | %s |\n", p.ID, p.Title, anchor(p), p.Class, p.Breaks, p.Holds, p.Unit)
		}
	}
}

// anchor is how a page on GitHub calls the entry's heading.
func anchor(p pitfall.Pitfall) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		}
		return -1
	}, strings.ToLower(heading(p)))
}

func heading(p pitfall.Pitfall) string { return p.ID + " " + p.Title }

// writeEntries writes the pitfalls of a level below its heading.
func writeEntries(b *strings.Builder, level string) error {
	fmt.Fprintf(b, "\n## %s\n", heads[level])
	for _, p := range All {
		if p.Level != level {
			continue
		}
		if err := writeEntry(b, p); err != nil {
			return err
		}
	}
	return nil
}

func writeEntry(b *strings.Builder, p pitfall.Pitfall) error {
	fmt.Fprintf(b, "\n### %s\n\n%s\n", heading(p), p.Story)
	for _, which := range []pitfall.Which{pitfall.Broken, pitfall.Fixed} {
		code, err := p.Source(which)
		if err != nil {
			return err
		}
		number := p.Breaks
		if which == pitfall.Fixed {
			number = p.Holds
		}
		fmt.Fprintf(b, "\n**%s**: %s %s\n\n```go\n%s```\n", which, number, p.Unit, pitfall.Body(code))
	}
	fmt.Fprintf(b, "\n**Why.** %s\n\n**The fix.** %s\n\n**Its price.** %s\n\n", p.Why, p.Fix, p.Price)
	if p.Since != "" {
		fmt.Fprintf(b, "Go %s or later. ", p.Since)
	}
	fmt.Fprintf(b, "Met in: %s.\n", linked(strings.Join(p.Sources, "; ")))
	return nil
}

// ticket is how sources name an issue on GitHub: golang/go#23019.
var ticket = regexp.MustCompile(`\b([\w.-]+/[\w.-]+)#(\d+)`)

// linked makes links of the issues in a text. GitHub sends on who asks for an issue that is a
// pull request.
func linked(text string) string {
	return ticket.ReplaceAllString(text, "[$0](https://github.com/$1/issues/$2)")
}
