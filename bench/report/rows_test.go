package report

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// Rows of one level are told apart by what differs, and by the tasks in flight, which
// have a column, only where nothing else does.
func TestLabels(t *testing.T) {
	for _, test := range []struct {
		widths [][2]int // workers and tasks in flight
		want   []string
	}{
		{[][2]int{{2, 2}}, []string{"thread"}},
		{[][2]int{{1, 1}, {16, 16}}, []string{"thread workers=1", "thread workers=16"}},
		{[][2]int{{2, 2}, {2, 64}}, []string{"thread inflight=2", "thread inflight=64"}},
		{[][2]int{{1, 1}, {2, 2}, {2, 64}}, []string{"thread workers=1", "thread workers=2 inflight=2", "thread workers=2 inflight=64"}},
	} {
		var rows []Row
		for _, w := range test.widths {
			name := fmt.Sprintf("Throughput/level=thread/impl=crew/work=cpu/grain=1/workers=%d/inflight=%d/batch=4", w[0], w[1])
			rows = append(rows, Row{Name: samples.ParseName(name)})
		}
		label(rows)
		var have []string
		for _, r := range rows {
			have = append(have, r.Label)
		}
		if !slices.Equal(have, test.want) {
			t.Errorf("have %q, want %q", have, test.want)
		}
	}
}
