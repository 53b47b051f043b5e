package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

func TestGolden(t *testing.T) {
	every := []Format{AsTable, AsMarkdown, AsCSV, AsJSON}
	for _, test := range []struct {
		name    string
		open    string
		formats []Format
	}{
		{"full", "full.txt", every},
		{"partial", "partial.txt", []Format{AsTable}},
		{"invalid", "invalid.txt", []Format{AsTable, AsMarkdown}},
		{"failed", "failed", every},
		{"one", "one.txt", []Format{AsTable, AsJSON}},
		{"miniredis", "miniredis.txt", []Format{AsTable}},
		{"hostile", "hostile.txt", every},
	} {
		run, err := Open(filepath.Join("testdata", test.open))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, format := range test.formats {
			t.Run(test.name+"/"+string(format), func(t *testing.T) {
				var page bytes.Buffer
				if err := run.Write(&page, format, Options{}); err != nil {
					t.Fatal(err)
				}
				golden(t, filepath.Join("testdata", test.name+"."+string(format)+".golden"), page.Bytes())
			})
		}
	}
}

// golden compares have with the file, or writes it under -update.
func golden(t *testing.T, file string, have []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, have, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("differs from %s (go test -update accepts it); have:\n%s", file, have)
	}
}
