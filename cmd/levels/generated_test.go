package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/advise"
	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/levels/workload"
)

var update = flag.Bool("update", false, "write the pages and blocks of docs that are generated")

// renew is what to do when one of them is stale.
const renew = "go test ./cmd/levels -run Generated -update"

// holds compares a file below docs with what it should be, or writes it.
func holds(t *testing.T, name, want string) {
	t.Helper()
	file := filepath.Join("..", "..", "docs", filepath.FromSlash(name))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ReplaceAll(string(have), "\r\n", "\n"); text != want {
		t.Errorf("docs/%s is stale, renew it with: %s", name, renew)
	}
}

// The pitfalls are told as the command tells them.
func TestGeneratedPitfalls(t *testing.T) {
	var b strings.Builder
	if err := catalogue.WritePage(&b); err != nil {
		t.Fatal(err)
	}
	holds(t, "reference/pitfalls.md", b.String())
}

// The reference of the command is made of its verbs.
func TestGeneratedCLI(t *testing.T) {
	var b strings.Builder
	root := newRoot()
	fmt.Fprintf(&b, "# The command `levels`\n\nMade of the command itself by `%s`; every verb tells the same with `--help`.\n\n%s\n", renew, paragraphs(root.Long))
	describe(&b, root)
	holds(t, "reference/cli.md", b.String())
}

// describe writes a section for each verb that is not hidden.
func describe(b *strings.Builder, parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		if cmd.Hidden || parent.Name() == "completion" {
			continue
		}
		cmd.InitDefaultHelpFlag()
		fmt.Fprintf(b, "\n## %s\n\n%s\n\n`%s`\n", cmd.CommandPath(), sentence(cmd.Short), cmd.UseLine())
		if cmd.Long != "" {
			fmt.Fprintf(b, "\n%s\n", paragraphs(cmd.Long))
		}
		if cmd.Example != "" {
			fmt.Fprintf(b, "\n```text\n%s\n```\n", unindent(cmd.Example))
		}
		flags(b, cmd)
		describe(b, cmd)
	}
}

func flags(b *strings.Builder, cmd *cobra.Command) {
	rows := ""
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		kind, about := pflag.UnquoteUsage(f)
		if kind == "" {
			kind = "switch"
		}
		standard := ""
		if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" && !strings.Contains(about, "(default") {
			standard = "`" + strings.Trim(f.DefValue, "[]") + "`"
		}
		rows += fmt.Sprintf("| `--%s` | %s | %s | %s |\n", f.Name, kind, standard, cell(about))
	})
	if rows != "" {
		fmt.Fprintf(b, "\n| flag | takes | default | means |\n| --- | --- | --- | --- |\n%s", rows)
	}
}

// Cobra's texts are for terminals: words in angle brackets would be tags on a page.
var markup = strings.NewReplacer("<", "\\<", "*", "\\*", "_", "\\_")

// paragraphs keeps what is indented as it is.
func paragraphs(text string) string {
	var parts []string
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		switch {
		case strings.HasPrefix(part, " ") || strings.HasPrefix(part, "\t"):
			part = "```text\n" + unindent(part) + "\n```"
		default:
			part = markup.Replace(part)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "\n\n")
}

func unindent(text string) string {
	return regexp.MustCompile(`(?m)^(  |\t)`).ReplaceAllString(strings.Trim(text, "\n"), "")
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

func cell(text string) string { return strings.ReplaceAll(markup.Replace(text), "|", "\\|") }

// That of the metrics is made of the tables that the harness itself goes by.
func TestGeneratedMetrics(t *testing.T) {
	corpus, err := workload.OpenCorpus(filepath.Join("..", "..", "docs")) // words wants one
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	var b strings.Builder
	fmt.Fprintf(&b, `# What is measured, and in which unit

Made of the harness' own tables by `+"`%s`"+`. How a number is measured,
and when it is not shown, is in [measuring](../measuring.md).

## Kinds of measurement

What `+"`levels bench --measure`"+` takes.

| kind | what it measures | benchmarks | workloads |
| --- | --- | --- | --- |
`, renew)
	for _, k := range bench.Kinds {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, cell(k.About), strings.Join(k.Benchmarks, ", "), strings.Join(k.Works, ", "))
	}
	b.WriteString("\n## Workloads\n\nWhat `--work` takes. Sizes are in rounds or bytes, never in time.\n\n| workload | what its tasks do |\n| --- | --- |\n")
	for _, name := range workload.Names() {
		work, err := workload.Find(name, workload.Env{Origin: "http://127.0.0.1:1", Corpus: corpus})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, cell(work.About))
	}
	b.WriteString("\n## Units\n\nA number in a run has one of these units. *Exact* ones are counts: they do not\ndepend on the machine, and a comparison fails when they get worse.\n\n| unit | better | what it is |\n| --- | --- | --- |\n")
	for _, u := range samples.Units {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", u.Name, strings.TrimSpace(u.Value), cell(u.About))
	}
	holds(t, "reference/metrics.md", b.String())
}

// A page may hold a part that is made of a committed run. It stands between two comments,
// of which the first is the command.
var made = regexp.MustCompile(`(?s)(<!-- levels matrix (\S+)( --format markdown)?(, measured)? -->\n).*?(\n<!-- end -->)`)

func TestGeneratedMatrix(t *testing.T) {
	const name = "four-levels.md"
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	want := made.ReplaceAllStringFunc(strings.ReplaceAll(string(page), "\r\n", "\n"), func(block string) string {
		blocks++
		parts := made.FindStringSubmatch(block)
		run, err := samples.Open(filepath.Join(root, filepath.FromSlash(parts[2])))
		if err != nil {
			t.Fatal(err)
		}
		return parts[1] + matrixOf(t, run, parts[4] == "") + parts[5]
	})
	if blocks == 0 {
		t.Fatalf("docs/%s has no matrix", name)
	}
	holds(t, name, want)
}

// matrixOf leaves out the questions that a run cannot answer, and where they are not asked
// for the promises, which no run measures.
func matrixOf(t *testing.T, run *samples.Run, promises bool) string {
	m := advise.NewMatrix(run)
	m.Rows = slices.DeleteFunc(m.Rows, func(r advise.Row) bool {
		unanswered := !slices.ContainsFunc(r.Cells, func(c advise.Cell) bool { return c.Why == "" })
		return unanswered || r.Unit == "" && !promises
	})
	var b strings.Builder
	if err := m.Write(&b, "markdown"); err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(b.String(), "\n\n") // its legend is in the page's own words
	return strings.TrimRight(table, "\n")
}
