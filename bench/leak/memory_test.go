package leak

import "testing"

// A drift is seen through ups and downs, and a step is no drift.
func TestLine(t *testing.T) {
	for name, test := range map[string]struct {
		kib   func(i int) int
		steep bool
	}{
		"flat":         {func(int) int { return 5000 }, false},
		"up and down":  {func(i int) int { return 5000 + i%7*100 }, false},
		"one step":     {func(i int) int { return 5000 + i/25*2000 }, false},
		"drift":        {func(i int) int { return 5000 + i*60 }, true},
		"noisy drift":  {func(i int) int { return 5000 + i*80 + i%7*100 }, true},
		"half a drift": {func(i int) int { return 5000 + i*30 }, false},
	} {
		var at, kib []int
		for i := range samples {
			at, kib = append(at, (i+1)*200), append(kib, test.kib(i))
		}
		if g := line(at, kib); g.steep() != test.steep || g.Samples != samples {
			t.Errorf("%s: %v by %d samples", name, g, g.Samples)
		}
	}
	if g := line(nil, nil); g.steep() || g.Samples != 0 {
		t.Errorf("of nothing: %v", g)
	}
}
