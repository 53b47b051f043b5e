package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/report"
)

// output is how results are printed: flags that several verbs share.
type output struct {
	format, color, plots string
	more                 []string // formats beside those of all
}

func (o *output) flags(cmd *cobra.Command) {
	formats := "table, markdown, csv or json"
	if len(o.more) > 0 {
		formats = "table, markdown, csv, json, " + strings.Join(o.more, " or ")
	}
	cmd.Flags().StringVar(&o.format, "format", "table", formats)
	cmd.Flags().StringVar(&o.color, "color", "auto", "auto, always or never")
	cmd.Flags().StringVar(&o.plots, "plots", "auto", "draw below the tables of a run: auto (on a terminal), always or never")
}

func (o *output) check() error {
	formats := []string{string(report.AsTable), string(report.AsMarkdown), string(report.AsCSV), string(report.AsJSON)}
	formats = append(formats, o.more...)
	if err := fleet.Choose("format", o.format, formats); err != nil {
		return usage("format", err)
	}
	if err := fleet.Choose("colour", o.color, []string{"auto", "always", "never"}); err != nil {
		return usage("color", err)
	}
	if err := fleet.Choose("way to plot", o.plots, []string{"auto", "always", "never"}); err != nil {
		return usage("plots", err)
	}
	return nil
}

// print prints the run's tables to standard output.
func (o *output) print(r *report.Run) error {
	width, _, _ := term.GetSize(int(os.Stdout.Fd()))
	plots := o.plots == "always" || o.plots == "auto" && term.IsTerminal(int(os.Stdout.Fd()))
	return r.Write(os.Stdout, report.Format(o.format), report.Options{Color: o.colored(), Width: width, Plots: plots, ASCII: !unicoded()})
}

// colored follows the flag, then NO_COLOR, then what standard output is.
func (o *output) colored() bool {
	switch {
	case o.color != "auto":
		return o.color == "always"
	case os.Getenv("NO_COLOR") != "", os.Getenv("TERM") == "dumb":
		return false
	}
	return term.IsTerminal(int(os.Stdout.Fd()))
}

// progress shows how far a run is: on a terminal a line that changes, elsewhere
// a line every ten seconds.
type progress struct {
	w        io.Writer
	terminal bool
	width    int
	last     time.Time
}

func newProgress(f *os.File) *progress {
	width, _, err := term.GetSize(int(f.Fd()))
	return &progress{w: f, terminal: err == nil && os.Getenv("TERM") != "dumb", width: width}
}

func (p *progress) show(now bench.Progress) {
	line := now.Step
	if now.Done > 0 {
		line = fmt.Sprintf("%3d%%  %s left  %s", 100*now.Done/now.Total, now.Left.Round(time.Second), now.Step)
	}
	switch {
	case p.terminal:
		if len(line) >= p.width && p.width > 4 {
			line = line[:p.width-4] + "..."
		}
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	case now.Done == 0 || now.Done == now.Total || time.Since(p.last) > 10*time.Second:
		p.last = time.Now()
		fmt.Fprintln(p.w, line)
	}
}

// clear removes the line, so that what is printed next stands alone.
func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
