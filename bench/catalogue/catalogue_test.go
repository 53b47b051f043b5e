package catalogue

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/pitfalltest"
)

// folders are where the pitfalls of a level lie.
var folders = map[string]string{
	"machine": "levels/machine/pitfalls", "process": "levels/process/pitfalls", "thread": "levels/thread/pitfalls",
	"async": "levels/async/pitfalls", "measuring": "bench/pitfalls", "redis": "levels/machine/queue/pitfalls",
}

// Every folder of a pitfall is in the catalogue, in the order of the levels and of the ids.
func TestAllAreHere(t *testing.T) {
	var want, got []string
	for _, level := range pitfall.Levels {
		entries, err := os.ReadDir(filepath.Join("..", "..", filepath.FromSlash(folders[level])))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			want = append(want, level+"/"+e.Name())
		}
	}
	letters := map[string]string{"machine": "M", "process": "P", "thread": "T", "async": "A", "measuring": "X", "redis": "R"}
	seen, last := map[string]bool{}, ""
	for _, p := range All {
		got = append(got, p.Level+"/"+p.Name)
		if seen[p.ID] || !strings.HasPrefix(p.ID, letters[p.Level]) {
			t.Errorf("%s of level %s: an id is a level's letter and a number, and nobody else's", p.ID, p.Level)
		}
		if last != "" && last[0] == p.ID[0] && p.ID < last {
			t.Errorf("%s comes after %s", p.ID, last)
		}
		seen[p.ID], last = true, p.ID
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the catalogue has\n%q\nand the folders are\n%q", got, want)
	}
}

// Thirty are the talk's; second variants and those of Redis come on top.
func TestThirty(t *testing.T) {
	count := map[string]int{}
	for _, p := range All {
		if !strings.HasSuffix(p.ID, "b") {
			count[p.Level]++
		}
	}
	for level, want := range map[string]int{"machine": 7, "process": 6, "thread": 7, "async": 7, "measuring": 3} {
		if count[level] != want {
			t.Errorf("%s has %d pitfalls, not %d", level, count[level], want)
		}
	}
}

func TestEntries(t *testing.T) {
	for _, p := range All {
		for _, wrong := range pitfalltest.Check(p) {
			t.Error(wrong)
		}
	}
}

func TestFind(t *testing.T) {
	for _, name := range []string{"T2", "t2", "lostupdate", "LostUpdate"} {
		if p, err := Find(name); err != nil || p.ID != "T2" {
			t.Errorf("%s: %s, %v", name, p.ID, err)
		}
	}
	if _, err := Find("T99"); err == nil {
		t.Error("T99 was found")
	}
}
