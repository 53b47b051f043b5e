package advise

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/strict"
)

// Costs are what the levels cost on one machine.
type Costs struct {
	Schema int     `json:"schema"`
	Commit string  `json:"commit"`
	Date   string  `json:"date"`
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Go     string  `json:"go"`
	Rounds int     `json:"rounds"` // how often each point was measured
	Levels []Level `json:"levels"`
}

// schema is the number of the format that this program writes and reads.
const schema = 1

// CostsFile is how costs are called in a folder.
const CostsFile = "costs.json"

// Write stores the costs at path.
func (c *Costs) Write(path string) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("write costs: %w", err)
	}
	return strict.WriteFile(path, append(text, '\n'))
}

// Read reads costs, strictly: a cost that is wrong makes an advice that is wrong.
func Read(path string) (*Costs, error) {
	text, err := strict.ReadFile(path, 1<<20)
	if err != nil {
		return nil, fmt.Errorf("read costs: %w", err)
	}
	var c Costs
	if line, err := strict.JSON(text, &c); err != nil {
		return nil, fmt.Errorf("costs in %.200q: line %d: %s: measure them again with levels advise --calibrate", path, line, samples.Clip(samples.Clean(err.Error()), 120))
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("costs in %.200q: %w: measure them again with levels advise --calibrate", path, err)
	}
	return &c, nil
}

func (c *Costs) check() error {
	switch {
	case c.Schema != schema:
		return fmt.Errorf("schema %d, want %d", c.Schema, schema)
	case c.Cores < 1 || c.Cores > 1<<16:
		return fmt.Errorf("%d cores", c.Cores)
	case len(c.Levels) == 0:
		return errors.New("no level")
	}
	seen := map[string]bool{}
	for i := range c.Levels {
		l := &c.Levels[i]
		if seen[l.Name] || l.Name == "" {
			return fmt.Errorf("level %.40q twice or without a name", samples.Clean(l.Name))
		}
		seen[l.Name] = true
		if err := l.check(); err != nil {
			return fmt.Errorf("%.40s: %w", samples.Clean(l.Name), err)
		}
	}
	return nil
}

// check wants numbers that can be measurements.
func (l *Level) check() error {
	v := reflect.ValueOf(*l)
	for i := range v.NumField() {
		var numbers []float64
		switch x := v.Field(i).Interface().(type) {
		case float64:
			numbers = []float64{x}
		case Line:
			numbers = x[:]
		}
		for _, x := range numbers {
			if math.IsNaN(x) || x < 0 || x > 1e15 {
				return fmt.Errorf("%v is not a measurement of %s", x, v.Type().Field(i).Tag.Get("json"))
			}
		}
	}
	if l.Efficiency <= 0 || l.Efficiency > 2 || l.Places < 1 || l.Places > 1<<16 || l.HandOver[0] <= 0 {
		return fmt.Errorf("efficiency %v, %d places, hand-over of %v s: cannot be", l.Efficiency, l.Places, l.HandOver[0])
	}
	return nil
}

// Elsewhere says what differs between the machine that was measured and this one, or "".
func (c *Costs) Elsewhere(cpu string) string {
	switch {
	case c.CPU != cpu:
		return fmt.Sprintf("the costs are of another machine (%.60s), not of this one", samples.Clean(c.CPU))
	case c.Cores != runtime.GOMAXPROCS(0):
		return fmt.Sprintf("the costs are of %d cores, this program has %d", c.Cores, runtime.GOMAXPROCS(0))
	}
	return ""
}

// Level is the level of that name, or nil.
func (c *Costs) Level(name string) *Level {
	for i := range c.Levels {
		if c.Levels[i].Name == name {
			return &c.Levels[i]
		}
	}
	return nil
}
