package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// notes writes what a library notes as the verbs speak, in one line without a date, and
// leaves out what it warns of. Groups and attributes are of no use in it.
type notes struct{ w io.Writer }

func (notes) Enabled(_ context.Context, l slog.Level) bool { return l == slog.LevelInfo }

func (n notes) Handle(_ context.Context, r slog.Record) error {
	_, err := fmt.Fprintln(n.w, "levels: "+samples.Clean(r.Message))
	return err
}

func (n notes) WithAttrs([]slog.Attr) slog.Handler { return n }
func (n notes) WithGroup(string) slog.Handler      { return n }
