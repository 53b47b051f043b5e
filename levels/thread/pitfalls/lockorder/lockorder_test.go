package lockorder

import (
	"sync"
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/pitfalltest"
)

func TestMain(m *testing.M) { pitfalltest.Main(m, Pitfall) }

func TestPitfall(t *testing.T) { pitfalltest.Prove(t, Pitfall) }

// A repair that gives up what the locks are for is none.
func TestShortcutsAreSeen(t *testing.T) {
	var another sync.Mutex
	for what, move := range map[string]func(from, to *Account, cents int){
		"account with a wrong amount": func(*Account, *Account, int) {},
		"money touched without the lock": func(from, to *Account, cents int) {
			another.Lock() // no data race, and no lock of the accounts either
			defer another.Unlock()
			from.Add(-cents)
			to.Add(cents)
		},
		"money on the way while nobody holds it": func(from, to *Account, cents int) {
			from.Lock()
			from.Add(-cents)
			from.Unlock()
			to.Lock()
			to.Add(cents)
			to.Unlock()
		},
	} {
		side, err := Pitfall.Judge(t.Context(), Observe(move))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range side.Outcomes {
			if o.Verdict == pitfall.Forbidden && (o.Count > 0) != (o.What == what) {
				t.Errorf("%s: %d of %q", what, o.Count, o.What)
			}
		}
	}
}
