package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/fourlevels/fourlevels/bench/catalogue"
)

// Pages of the reference are written by the program that they are about.
func TestGeneratedPages(t *testing.T) {
	for _, g := range []struct {
		page, by string
		write    func(io.Writer) error
	}{
		{"pitfalls.md", "levels pitfall list --format markdown", catalogue.WritePage},
	} {
		var want bytes.Buffer
		if err := g.write(&want); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", g.page))
		if err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("docs/reference/%s is stale (%v): make docs, or %s > docs/reference/%s", g.page, err, g.by, g.page)
		}
	}
}
