package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

func newPitfallProve() *cobra.Command {
	count, strict := 1, false
	cmd := &cobra.Command{
		Use:   "prove [ID...]",
		Short: "prove that broken programs break and fixed ones do not",
		Long: `prove runs both programs of each pitfall, or of those named, and asks whether the broken
one shows its symptom and the fixed one does not. It prints the range of the numbers
over all runs. What cannot be proven on this machine says why, and is not counted as
proven. Exit code 1: a pitfall is refuted; 3, with --strict: one cannot be proven here.`,
		Example: `  levels pitfall prove
  levels pitfall prove T2 A1 --count 50`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := inRange("count", count, 1, 10_000); err != nil {
				return err
			}
			all := catalogue.All
			if len(args) > 0 {
				all = nil
			}
			for _, arg := range args {
				p, err := catalogue.Find(arg)
				if err != nil {
					return usageError{err}
				}
				if !slices.ContainsFunc(all, func(o pitfall.Pitfall) bool { return o.ID == p.ID }) {
					all = append(all, p)
				}
			}
			return provePitfalls(cmd.Context(), all, count, strict)
		},
	}
	cmd.Flags().IntVar(&count, "count", count, "how often each is proven")
	cmd.Flags().BoolVar(&strict, "strict", strict, "fail where something is missing to prove one")
	return cmd
}

// proofs are those of one pitfall.
type proofs struct {
	pitfall.Pitfall
	broken, fixed span
	proven, of    int
	notHere, why  string
	took          time.Duration
}

// A span is from the least to the most that was seen.
type span struct {
	least, most float64
	seen        bool
}

func (s *span) see(x float64) {
	if !s.seen {
		*s = span{x, x, true}
	}
	s.least, s.most = min(s.least, x), max(s.most, x)
}

func (s span) String() string {
	switch {
	case !s.seen:
		return "-"
	case s.least == s.most:
		return fmt.Sprintf("%.4g", s.least)
	}
	return fmt.Sprintf("%.3g..%.3g", s.least, s.most)
}

func (p *proofs) add(proof pitfall.Proof) {
	p.took += proof.Took
	switch proof.Ruling {
	case pitfall.NotHere:
		p.notHere = proof.Why
		return
	case pitfall.Proven:
		p.proven++
	default:
		p.why = proof.Why
	}
	p.of++
	p.broken.see(proof.Broken.Number)
	p.fixed.see(proof.Fixed.Number)
}

func provePitfalls(ctx context.Context, all []pitfall.Pitfall, count int, strict bool) error {
	start := time.Now()
	rows := make([]proofs, len(all))
	progress := newProgress(os.Stderr)
	for i := range count * len(all) {
		row := &rows[i%len(all)]
		row.Pitfall = all[i%len(all)]
		left := time.Since(start) / time.Duration(max(i, 1)) * time.Duration(count*len(all)-i)
		progress.show(bench.Progress{Step: "proving " + row.ID + " " + row.Name, Done: i, Total: count * len(all), Left: left})
		proof, err := row.Prove(ctx)
		if ctx.Err() != nil {
			progress.clear()
			return cmp.Or(context.Cause(ctx), err)
		}
		if err != nil { // that it could not be looked at does not prove it
			proof.Ruling, proof.Why = pitfall.Refuted, oneLine(err)
		}
		row.add(proof)
	}
	progress.clear()
	return printProofs(stdout, rows, count, strict, time.Since(start))
}

func printProofs(w io.Writer, rows []proofs, count int, strict bool, took time.Duration) error {
	fmt.Fprintf(w, "%-4s %-20s %-6s%16s%14s %7s %6s\n", "id", "pitfall", "class", "broken", "fixed", "proven", "took")
	whole, part, refuted, absent := 0, 0, 0, 0
	for _, r := range rows {
		fmt.Fprintf(w, "%-4s %-20s %-6s%16s%14s %7s %6s\n", r.ID, r.Name, r.Class, r.broken, r.fixed, fmt.Sprintf("%d/%d", r.proven, r.of), seconds(r.took))
		switch {
		case r.proven < r.of:
			refuted++
			wrapped(w, "  REFUTED: "+r.why)
		case r.of == 0:
			absent++
			wrapped(w, "  not provable here: "+r.notHere)
		case r.of < count:
			part++
			wrapped(w, fmt.Sprintf("  %d times not provable here: %s", count-r.of, r.notHere))
		default:
			whole++
		}
	}
	fmt.Fprintf(w, "\n%d of %d proven in both directions, %d times each, in %s (%s, %d cores)\n", whole, len(rows), count,
		took.Round(100*time.Millisecond), runtime.Version(), runtime.NumCPU())
	fmt.Fprintf(w, "%d refuted, %d not provable here, %d only at times\n", refuted, absent, part)
	if refuted > 0 {
		return fmt.Errorf("%d of %d pitfalls are refuted", refuted, len(rows))
	}
	if strict && absent > 0 {
		return bench.Environment(fmt.Errorf("%d of %d pitfalls cannot be proven here, for the reasons above", absent, len(rows)))
	}
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }
