package advise

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func gomaxprocs() int { return runtime.GOMAXPROCS(0) }

// example are costs in which goroutines are cheap and processes dear.
func example() *Costs {
	c := &Costs{Schema: schema, CPU: "a processor", Cores: 2, Rounds: 5}
	for _, name := range Levels {
		l := plainLevel(name)
		switch name {
		case serial:
			l.Places = 1
		case "thread", "process":
			l.Places = 16
		}
		if name == "process" {
			l.HandOver, l.CPU = Line{5e-5, 6e-5, 7e-5, 5e-4}, Line{5e-5, 6e-5, 7e-5, 5e-4}
		}
		c.Levels = append(c.Levels, l)
	}
	return c
}

// Of levels that are equally fast the simplest is taken, and the others are named.
func TestTies(t *testing.T) {
	for _, test := range []struct {
		rates map[string]float64
		take  string
		ties  string
	}{
		{map[string]float64{"async": 100, "thread": 105, "process": 110}, "async", "thread, process"},
		{map[string]float64{"async": 100, "thread": 105, "process": 200}, "process", ""},
		{map[string]float64{"machine/queue": 100, "machine/rpc": 99, "process": 50}, "machine/rpc", "machine/queue"},
		{map[string]float64{"serial": 500, "thread": 100}, "thread", ""},
		{map[string]float64{"serial": 500}, "", ""},
	} {
		var all []Prediction
		for name, r := range test.rates {
			all = append(all, Prediction{Level: name, Throughput: r, Error: 0.15})
		}
		if take, ties := choose(all); take != test.take || strings.Join(ties, ", ") != test.ties {
			t.Errorf("of %v take %s, ties %v; want %s and %s", test.rates, take, ties, test.take, test.ties)
		}
	}
}

func TestAsk(t *testing.T) {
	c := example()
	a := c.Ask(Question{CPU: 20 * time.Microsecond}, nil)
	if a.Take != "async" || strings.Contains(strings.Join(a.Ties, " "), "process") {
		t.Fatalf("short tasks: take %s, ties %v", a.Take, a.Ties)
	}
	// 50 µs of overhead are within 15 % once tasks take some 320 µs.
	if len(a.Crossovers) == 0 || !strings.HasPrefix(a.Crossovers[0], "from 3") || !strings.Contains(a.Crossovers[0], "of CPU a task on, process is as fast as async") {
		t.Errorf("crossovers %q", a.Crossovers)
	}
	a = c.Ask(Question{Wait: 50 * time.Millisecond}, []string{"thread", "async", "process"})
	if a.Take != "async" || len(a.Ties) > 0 || len(a.Predictions) != 3 || !strings.Contains(a.Why, "in flight") {
		t.Errorf("waiting: %+v", a)
	}
	if got := len(c.Ask(Question{Hosts: 4, Cores: 8, RTT: time.Millisecond, InFlight: 9, Payload: 1 << 20}, nil).Warnings); got != 5 {
		t.Errorf("%d warnings for five things that were not measured", got)
	}
	if a := c.Ask(Question{Cores: 2, Hosts: 1}, nil); len(a.Warnings) > 0 {
		t.Errorf("warnings about what was measured: %q", a.Warnings)
	}
}

// The table fits a terminal, and every format says the level to take.
func TestWrite(t *testing.T) {
	a := example().Ask(Question{CPU: 2 * time.Millisecond, Wait: 40 * time.Millisecond, Payload: 16 << 10, Hosts: 3}, nil)
	for _, format := range []string{"table", "markdown", "json"} {
		var b strings.Builder
		if err := a.Write(&b, format); err != nil || !strings.Contains(b.String(), a.Take) {
			t.Errorf("%s: %v\n%s", format, err, b.String())
		}
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); format == "table" && n > 80 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

func TestUnits(t *testing.T) {
	for in, want := range map[string]int{"0": 0, "512B": 512, "16KiB": 16384, "1.5MiB": 3 << 19, "64KB": 64000, "100": 100} {
		if got, err := ParseSize(in); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "KiB", "-1B", "1 KiB", "1kib", "NaN", "1e99", "65MiB", "0x10", "Inf", "1KiBKiB"} {
		if got, err := ParseSize(in); err == nil {
			t.Errorf("ParseSize(%q) = %d", in, got)
		}
	}
	for in, want := range map[string]float64{"1": 1, "1e6": 1e6, "2.5e3": 2500} {
		if got, err := ParseCount(in); err != nil || got != want {
			t.Errorf("ParseCount(%q) = %v, %v, want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "0", "-5", "1.5", "1e16", "many", "0x10", "NaN", "1_000"} {
		if got, err := ParseCount(in); err == nil {
			t.Errorf("ParseCount(%q) = %v", in, got)
		}
	}
	for _, in := range []string{"", "5", "-1ms", "2h", "1 ms", "abc"} {
		if got, err := ParseDuration(in); err == nil {
			t.Errorf("ParseDuration(%q) = %v", in, got)
		}
	}
}

// Costs survive being stored; what was damaged since, or cannot be, is refused in one line.
func TestCostsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), CostsFile)
	if err := example().Write(path); err != nil {
		t.Fatal(err)
	}
	c, err := Read(path)
	if err != nil || len(c.Levels) != len(Levels) {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for old, new := range map[string]string{
		`"schema": 1`:       `"schema": 2`,
		`"cores": 2`:        `"cores": 0`,
		`"wake": 0.000001`:  `"wake": -1`,
		`"efficiency": 1`:   `"efficiency": 0`,
		`"late": 0.001`:     `"late": NaN`,
		`"start": 0.5`:      `"stat": 0.5`,
		`"name": "thread"`:  `"name": "async"`,
		"\n  \"levels\": [": "\n  \"levels\": ",
		`"ends": 1`:         `"ends": 1e400`,
	} {
		text := strings.Replace(string(good), old, new, 1)
		if text == string(good) {
			t.Fatalf("nothing is like %q in %s", old, good)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if c, err := Read(path); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("with %q: %v, %v", new, c, err)
		}
	}
}

// Costs of another machine are told from those of this one.
func TestElsewhere(t *testing.T) {
	c := example()
	c.Cores = gomaxprocs()
	if where := c.Elsewhere("a processor"); where != "" {
		t.Error(where)
	}
	if where := c.Elsewhere("another"); !strings.Contains(where, "another machine") {
		t.Errorf("another processor: %q", where)
	}
	if c.Cores++; !strings.Contains(c.Elsewhere("a processor"), "cores") {
		t.Error("other cores are not told")
	}
}

// Errors have no signs, and the worst of them is not a median.
func TestErrors(t *testing.T) {
	middle, worst := Errors([]Held{{Predicted: 110, Measured: 100}, {Predicted: 60, Measured: 100}, {Predicted: 95, Measured: 100}})
	if math.Abs(middle-0.10) > 1e-9 || math.Abs(worst-0.40) > 1e-9 {
		t.Errorf("median %v, worst %v, want 0.1 and 0.4", middle, worst)
	}
}
