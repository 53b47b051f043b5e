package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/cmd/levels/learn"
)

func newLearn() *cobra.Command {
	var start string
	cmd := &cobra.Command{
		Use:   "learn",
		Short: "repair programs that go wrong, lesson by lesson, and be graded",
		Long: `learn shows the first of the lessons in docs/exercises that you have not passed, and
grades its file whenever you save it: results first, then what is left behind, go vet,
the race detector where there is a C compiler, and speed last, as a ratio.

Keys, each with Enter: h hint, p predict, w what it is about, r run again, v show all that was said,
l list, x reset the file (yours is kept as .bak, .bak2 ...), s solution, q quit. What you have reached is
kept in docs/exercises/.progress, a text file. Before a class, see levels doctor.

Where there is no terminal, learn grades the lesson once, and fails with exit code 1 if
it is not passed.`,
		Example: `  levels learn
  levels learn --start 9
  levels learn check 1 2 3 --json`,
		Args: noSuchVerb,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withCourse(cmd.Context(), func(c *learn.Course, t *learn.Tools) error {
				return follow(cmd.Context(), c, t, start)
			})
		},
	}
	cmd.Flags().StringVar(&start, "start", "", "lesson to begin with, by number or folder (default: the first that is not passed)")
	cmd.AddCommand(newLearnList(), newLearnCheck(), newLearnVerify())
	return cmd
}

// withCourse opens what lessons take, and puts it away.
func withCourse(ctx context.Context, do func(*learn.Course, *learn.Tools) error) error {
	c, err := learn.Open(".", catalogue.All)
	if err != nil {
		return bench.Environment(err)
	}
	t, err := learn.NewTools(ctx, c.Root)
	if err != nil {
		return bench.Environment(err)
	}
	err = do(c, t)
	var unknown learn.NoLesson
	if errors.As(err, &unknown) {
		err = usageError{err}
	}
	return errors.Join(err, t.Close())
}

// follow leads through the lessons on a terminal; elsewhere it grades one.
func follow(ctx context.Context, c *learn.Course, t *learn.Tools, start string) error {
	s := &learn.Session{Course: c, Tools: t, In: os.Stdin, Out: stdout}
	if out := int(os.Stdout.Fd()); term.IsTerminal(out) {
		width, _, _ := term.GetSize(out)
		s.Width = cmp.Or(width, 80)
	}
	if interactive() {
		return s.Watch(ctx, start)
	}
	passed, err := s.Once(ctx, start)
	if err == nil && !passed {
		err = errors.New("not passed yet")
	}
	return err
}

func newLearnList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "list the lessons, and which are passed",
		Example: "  levels learn list",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := learn.Open(".", catalogue.All)
			if err != nil {
				return bench.Environment(err)
			}
			c.List(stdout)
			return nil
		},
	}
}

func newLearnCheck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [LESSON...]",
		Short: "grade lessons once, for a teacher",
		Long: `check grades the files as they are: all of them, or those named by number or folder. It
records nothing. It fails with exit code 1 if one is not passed.

As JSON it has an object for each lesson: what was reached, how many hints were asked for,
and a hash of the files that graded it, which differs if a student has changed them.`,
		Example: `  levels learn check
  levels learn check 1 5 --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withCourse(cmd.Context(), func(c *learn.Course, t *learn.Tools) error {
				lessons, err := c.Pick(args)
				if err != nil {
					return err
				}
				passed, err := c.Check(cmd.Context(), t, lessons, stdout, asJSON)
				if err == nil && !passed {
					err = errors.New("not all are passed")
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newLearnVerify() *cobra.Command {
	var count, atOnce int
	cmd := &cobra.Command{
		Use:   "verify [LESSON...]",
		Short: "prove the lessons: starters fail for their reason, solutions pass",
		Long: `verify is for whoever writes lessons, and for CI. Of each lesson the starter must fail
for the reason that its lesson.json states, and the solution must pass so many times,
please go vet, and pass with the race detector where there is a C compiler. It touches no
file of a student. It fails with exit code 1 if a lesson is not so.`,
		Example: `  levels learn verify
  levels learn verify 1 --count 3`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(inRange("count", count, 1, 1000), inRange("at-once", atOnce, 1, 64)); err != nil {
				return err
			}
			return withCourse(cmd.Context(), func(c *learn.Course, t *learn.Tools) error {
				lessons, err := c.Pick(args)
				if err != nil {
					return err
				}
				if err := learn.Verify(cmd.Context(), t, lessons, count, atOnce, stdout); err != nil {
					return fmt.Errorf("verify: %w", err)
				}
				return nil
			})
		},
	}
	cmd.Flags().IntVar(&count, "count", 20, "how many times each solution must pass")
	cmd.Flags().IntVar(&atOnce, "at-once", 2*runtime.NumCPU(), "how many lessons are verified at once (default: two for each processor, for most of them wait)")
	cmd.Flags().Lookup("at-once").DefValue = ""
	return cmd
}
