package samples

import "testing"

// The row to divide by is of the same work and asked in the same way; how many workers a
// level has, or how far they are, is no matter.
func TestSerial(t *testing.T) {
	cell := func(name string) *Cell { return &Cell{Name: ParseName(name + "-2")} }
	var all []*Cell
	for _, name := range []string{
		"Throughput/level=thread/work=cpu/grain=10", "Throughput/level=serial/work=cpu/grain=10", "Throughput/level=serial/work=cpu/grain=20",
		"Load/level=serial/work=cpu/grain=10/mode=open/load=50", "Load/level=serial/work=cpu/grain=10/mode=open/load=80",
	} {
		all = append(all, cell(name))
	}
	for name, want := range map[string]*Cell{
		"Throughput/level=machine/work=cpu/grain=10/workers=8/rtt-us=1000": all[1],
		"Throughput/level=thread/work=cpu/grain=20":                        all[2],
		"Load/level=thread/work=cpu/grain=10/mode=open/load=80":            all[4],
		"Load/level=thread/work=cpu/grain=10/mode=closed":                  nil,
		"Throughput/level=thread/work=io/grain=10":                         nil,
	} {
		if have := Serial(all, cell(name)); have != want {
			t.Errorf("%s: have %+v, want %+v", name, have, want)
		}
	}
}
