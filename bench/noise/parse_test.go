package noise

import (
	"strings"
	"testing"
	"time"
)

// From a virtual machine with two processors, the long line of interrupts cut.
const statSample = `cpu  1786457 58543 741926 4658603 10758 0 80554 64237 0 0
cpu0 888334 28714 367228 2339965 2959 0 40308 32138 0 0
cpu1 898123 29829 374697 2318637 7799 0 40246 32099 0 0
intr 126272199 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
ctxt 429916073
btime 1795395060
processes 3732248
procs_running 3
procs_blocked 0
softirq 57914632 0 9012345 3 1167107 620 0 14410 21034512 0 26685635
`

const pressureSample = `some avg10=1.94 avg60=0.63 avg300=0.21 total=8744217921
full avg10=0.00 avg60=0.00 avg300=0.00 total=0
`

func TestParseStat(t *testing.T) {
	const busy = 1786457 + 58543 + 741926 + 80554
	for text, want := range map[string]counters{
		statSample:                          {busy: busy, idle: 4658603 + 10758, steal: 64237, switches: 429916073},
		"cpu 1 2 3 4\nctxt 5":               {busy: 6, idle: 4, switches: 5}, // before Linux 2.6, see proc_stat(5)
		"ctxt 5\ncpu 1 2 3 4 5 6 7 8 9 9 9": {busy: 19, idle: 9, steal: 8, switches: 5},
		// 4096 processors that were idle for a century
		"cpu 0 0 0 1292000000000000 0 0 0 0\nctxt 1": {idle: 1292000000000000, switches: 1},
	} {
		if have, err := parseStat(text); have != want || err != nil {
			t.Errorf("%.40q: have %+v, %v, want %+v", text, have, err, want)
		}
	}
	for _, text := range []string{
		"", "\n\n", "\x00\xff", "cpu", "ctxt", "cpu \nctxt \n", "cpu 1 2 3\nctxt 5\n", "cpu 1 2 3 4\n", "ctxt 5\n",
		"cpu0 1 2 3 4\nctxt 5\n",                   // no sum
		"cpu 1 2 x 4\nctxt 5\n",                    // not a number
		"cpu 1 2 3 4 5 6 7 -8\nctxt 5\n",           // negative
		"cpu 1 2 3 4\nctxt 99999999999999999999\n", // too large
		"cpu 9223372036854775807 1 1 1\nctxt 5\n",  // its sum would be
		"cpu 1 2 3 4\nctxt 5 6\n", "cpu 1.5 2 3 4\nctxt 5\n",
		strings.Replace(statSample, "ctxt 429916073", "ctxt", 1),
		statSample[:len("cpu  1786457 58543")], statSample[:4], // broken off
		strings.ReplaceAll(statSample, "\n", " "), "cpu 1 2 3 4 ",
	} {
		if have, err := parseStat(text); err == nil || have != (counters{}) {
			t.Errorf("%.60q: have %+v, %v, want an error", text, have, err)
		}
	}
}

func TestParsePressure(t *testing.T) {
	for text, want := range map[string]time.Duration{
		pressureSample: 8744217921 * time.Microsecond,
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n": 0, // before Linux 5.13, see its Documentation/accounting/psi.rst
		"full total=7\nsome total=5":                       5 * time.Microsecond,
	} {
		if have, err := parsePressure(text); have != want || err != nil {
			t.Errorf("%q: have %v, %v, want %v", text, have, err, want)
		}
	}
	for _, text := range []string{
		"", "\n", "some", "some total", "some total=", "some total=x", "some total=-1", "some total=1.5",
		"full avg10=0.00 total=7\n", "some avg10=1.94 avg60=0.63\n", "sometotal=5\n", "\x00\xff=",
		"some total=99999999999999999999", "some total=1152921504606846975", // more than 292 years
	} {
		if have, err := parsePressure(text); err == nil || have != 0 {
			t.Errorf("%q: have %v, %v, want an error", text, have, err)
		}
	}
}

func TestParseThrottled(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"usage_usec 26676729660\nuser_usec 18451790819\nsystem_usec 8224938841\nnr_periods 40\nnr_throttled 3\nthrottled_usec 81234\nnr_bursts 0\nburst_usec 0\n": 81234 * time.Microsecond,
		"nr_periods 0\nnr_throttled 0\nthrottled_time 0\nnr_bursts 0\nburst_time 0\n":                                                                             0,
		"throttled_time 81234567": 81234567,
	} {
		if have, err := parseThrottled(text); have != want || err != nil {
			t.Errorf("%q: have %v, %v, want %v", text, have, err, want)
		}
	}
	for _, text := range []string{
		"", "usage_usec 5\nuser_usec 3\nsystem_usec 2\n", "throttled_usec", "throttled_usec x\n", "throttled_usec -1\n",
		"throttled_time 1 2\n", "throttled_usec 1152921504606846975\n", "nr_throttled 3\n", "\x00",
	} {
		if have, err := parseThrottled(text); err == nil || have != 0 {
			t.Errorf("%q: have %v, %v, want an error", text, have, err)
		}
	}
}

// Nothing that a file may hold makes a parser panic, or answer less than zero.
func FuzzParsers(f *testing.F) {
	for _, text := range []string{statSample, pressureSample, "throttled_usec 5\n", "cpu", "ctxt", "some total=", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, _ := parseStat(text)
		waited, _ := parsePressure(text)
		limited, _ := parseThrottled(text)
		if min(c.busy, c.idle, c.steal, c.switches, int64(waited), int64(limited)) < 0 {
			t.Errorf("%q: have %+v, %v, %v", text, c, waited, limited)
		}
	})
}
