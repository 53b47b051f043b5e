package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

func newPitfall() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pitfall",
		Short: "programs that go wrong, each beside its fixed twin",
		Long: `pitfall shows what goes wrong at each level, and in measuring: for each pitfall there is
a broken program and a fixed one, which differ in little else than the wrong line. They
are really run, in processes of their own, and what happened is counted.`,
		Example: `  levels pitfall list
  levels pitfall run T2
  levels pitfall run lostupdate --fixed`,
		Args: noSuchVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPitfallList(), newPitfallShow(), newPitfallRun(), newPitfallProve())
	return cmd
}

func newPitfallList() *cobra.Command {
	format := "table"
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list the pitfalls",
		Long:    "list has a line for each pitfall. As Markdown it is the whole page of the docs.",
		Example: "  levels pitfall list",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fleet.Choose("format", format, []string{"table", "markdown"}); err != nil {
				return usage("format", err)
			}
			if format == "markdown" {
				return catalogue.WritePage(stdout)
			}
			for _, p := range catalogue.All {
				fmt.Fprintf(stdout, "%-4s %-20s %-5s %s\n", p.ID, p.Name, p.Class, p.Title)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "table or markdown")
	return cmd
}

func newPitfallShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "show both programs of a pitfall, and what is known of it",
		Example: "  levels pitfall show T2",
		Args:    onePitfall,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := catalogue.Find(args[0])
			if err != nil {
				return usageError{err}
			}
			return showPitfall(stdout, p)
		},
	}
}

func newPitfallRun() *cobra.Command {
	var fixed, ask bool
	cmd := &cobra.Command{
		Use:   "run ID",
		Short: "run a broken program, after you have said what it will do",
		Long: `run tells the story of a pitfall, asks on a terminal what you expect, runs the broken
program, and shows what happened: every way its work ended is expected, allowed or
forbidden. With --fixed it runs the fixed one too, and says what the fix costs.`,
		Example: `  levels pitfall run T2
  levels pitfall run T2 --fixed --predict=false`,
		Args: onePitfall,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := catalogue.Find(args[0])
			if err != nil {
				return usageError{err}
			}
			if missing := p.Missing(); missing != "" {
				return bench.Environment(fmt.Errorf("%s cannot run here: %s", p.ID, missing))
			}
			ask = ask && term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
			return runPitfall(cmd.Context(), p, ask, fixed)
		},
	}
	cmd.Flags().BoolVar(&fixed, "fixed", false, "run the fixed program too")
	cmd.Flags().BoolVar(&ask, "predict", true, "ask what you expect, on a terminal")
	return cmd
}

func onePitfall(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("%s takes one id or name, and got %d: levels pitfall list has them", cmd.Name(), len(args))}
	}
	return nil
}

// wrapped prints a paragraph in lines of 80 columns.
func wrapped(w io.Writer, text string) { fmt.Fprintf(w, "%s\n", report.Wrap(text, 80, 0)) }

func showPitfall(w io.Writer, p pitfall.Pitfall) error {
	head(w, p)
	for _, which := range []pitfall.Which{pitfall.Broken, pitfall.Fixed} {
		code, err := p.Source(which)
		if err != nil {
			return err
		}
		number := p.Breaks
		if which == pitfall.Fixed {
			number = p.Holds
		}
		fmt.Fprintf(w, "---- %s.go: %s %s\n\n%s\n", which, number, p.Unit, pitfall.Body(code))
	}
	explain(w, p)
	fmt.Fprintln(w)
	wrapped(w, "Its price: "+p.Price)
	fmt.Fprintln(w)
	wrapped(w, "Met in: "+strings.Join(p.Sources, "; "))
	return nil
}

func head(w io.Writer, p pitfall.Pitfall) {
	fmt.Fprintf(w, "%s %s (%s, %s)\n\n", p.ID, p.Title, p.Level, p.Class)
	wrapped(w, p.Story)
	fmt.Fprintln(w)
}

func explain(w io.Writer, p pitfall.Pitfall) {
	wrapped(w, "Why: "+p.Why)
	fmt.Fprintln(w)
	wrapped(w, "The fix: "+p.Fix)
}

func runPitfall(ctx context.Context, p pitfall.Pitfall, ask, fixed bool) error {
	head(stdout, p)
	wrapped(stdout, p.Ask.Question)
	for i, c := range p.Ask.Choices {
		fmt.Fprintf(stdout, "  %c  %s\n", 'a'+i, c.Says)
	}
	said := -1
	if ask {
		said = answer(ctx)
	}
	fmt.Fprintln(stdout)
	before, err := p.Apart(ctx, pitfall.Broken)
	if err != nil {
		return err
	}
	printSide(p, pitfall.Broken, before)
	judgeGuess(p, said, before.Number)
	explain(stdout, p)
	if !fixed {
		fmt.Fprintf(stdout, "\nSee it fixed: levels pitfall run %s --fixed\n", p.ID)
		return nil
	}
	fmt.Fprintln(stdout)
	after, err := p.Apart(ctx, pitfall.Fixed)
	if err != nil {
		return err
	}
	printSide(p, pitfall.Fixed, after)
	wrapped(stdout, "The price of the fix: "+p.Price)
	fmt.Fprintf(stdout, "This time the broken program took %s, the fixed one %s.\n", short(before.Took), short(after.Took))
	return nil
}

// answer reads a letter from the terminal: a, b or c, and nothing for no guess.
func answer(ctx context.Context) int {
	lines := make(chan string)
	go func() { // ends with the input, at the latest with the program
		defer close(lines)
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- strings.ToLower(strings.TrimSpace(in.Text()))
		}
	}()
	for {
		fmt.Fprint(stdout, "Your guess (a, b, c, or Enter for none): ")
		select {
		case text, ok := <-lines:
			if !ok || text == "" {
				return -1
			}
			if i := strings.Index("abc", text); i >= 0 && len(text) == 1 {
				return i
			}
		case <-ctx.Done():
			fmt.Fprintln(stdout)
			return -1
		}
	}
}

func printSide(p pitfall.Pitfall, which pitfall.Which, s pitfall.Side) {
	fmt.Fprintf(stdout, "%-71s %8s\n", which, "count")
	for _, o := range s.Outcomes {
		verdict := string(o.Verdict)
		if o.Verdict == pitfall.Forbidden && o.Count > 0 {
			verdict = "FORBIDDEN"
		}
		fmt.Fprintf(stdout, "  %-58s %-10s %8d\n", o.What, verdict, o.Count)
	}
	fmt.Fprintf(stdout, "=> %.4g %s\n\n", s.Number, p.Unit)
}

func judgeGuess(p pitfall.Pitfall, said int, number float64) {
	right := p.Ask.Right(number)
	if !p.Breaks.Has(number) || right < 0 {
		text := fmt.Sprintf("This run did not show it: it should be %s.", p.Breaks)
		if why := p.Here(); why != "" {
			text += " Right now it cannot: " + why + "."
		}
		wrapped(stdout, text)
		fmt.Fprintln(stdout)
		return
	}
	told := fmt.Sprintf("Right is %c: %s.", 'a'+right, p.Ask.Choices[right].Says)
	switch {
	case said == right:
		told = "You were right. " + told
	case said >= 0:
		told = fmt.Sprintf("You said %c. %s", 'a'+said, told)
	}
	wrapped(stdout, told)
	fmt.Fprintln(stdout)
}
