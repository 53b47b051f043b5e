package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "print the version",
		Example: "  levels version",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(stdout, version())
			return nil
		},
	}
}

// version is what the Go toolchain knows of how this program was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "levels (unknown version)"
	}
	text := "levels " + cmp.Or(info.Main.Version, "(devel)") + " " + info.GoVersion
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			text += " " + s.Value[:min(len(s.Value), 10)]
		case s.Key == "vcs.modified" && s.Value == "true":
			text += "-dirty"
		}
	}
	return text
}
