package bench

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

func planned(t *testing.T, ids ...string) Plan {
	t.Helper()
	p, err := Plan{Axes: []Axes{{Kinds: []string{ofPitfalls}, Pitfalls: ids}}}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A run of pitfalls starts nothing that only levels take, and claims nothing of it.
func TestSessionOfPitfalls(t *testing.T) {
	noTemporaryFiles(t)
	s, err := OpenSession(t.Context(), Runner{}, planned(t, "T2", "a2"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range s.Config(&Binary{}) {
		if slices.Contains([]string{"store", "corpus", "latency", "sample"}, c.Key) {
			t.Errorf("%s is said to be %q", c.Key, c.Value)
		}
	}
	if s.env.Origin != "" || !s.Plan.OfPitfalls() {
		t.Errorf("origin %q of a plan of pitfalls (%v)", s.env.Origin, s.Plan.OfPitfalls())
	}
}

// A plan can be told anywhere; to carry it out takes what its pitfalls need.
func TestPlanOfWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // which has no redis-server
	p := planned(t, "T2", "R1")
	if n := len(p.Cells()); n != 4 {
		t.Errorf("%d cells, want 4", n)
	}
	_, err := OpenSession(t.Context(), Runner{}, p)
	if environment := (EnvironmentError{}); !errors.As(err, &environment) || !strings.Contains(err.Error(), "pitfall R1 cannot run here") {
		t.Errorf("have %v, want what is missing", err)
	}
	for _, one := range planned(t).planned() {
		if one.Missing() != "" {
			t.Errorf("%s is among all that can run here", one.ID)
		}
	}
}

// What takes two cores is warned of where there are none free, and refused if it is all.
func TestHidden(t *testing.T) {
	i := slices.IndexFunc(catalogue.All, func(p pitfall.Pitfall) bool { return p.Class == pitfall.Par })
	par := catalogue.All[i].ID
	for _, test := range []struct {
		ids      []string
		may      bool // be warned of
		mayCease bool // with an error
	}{{[]string{"T2"}, false, false}, {[]string{"T2", par}, true, false}, {[]string{par}, false, true}} {
		warning, err := planned(t, test.ids...).Hidden()
		if warning != "" && !(test.may && strings.HasPrefix(warning, par+" may not show here: ")) {
			t.Errorf("%q: warning %q", test.ids, warning)
		}
		if environment := (EnvironmentError{}); err != nil && !(test.mayCease && errors.As(err, &environment)) {
			t.Errorf("%q: %v", test.ids, err)
		}
	}
}
