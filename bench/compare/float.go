package compare

import (
	"encoding/json"
	"math"
)

// A Float is a number that may be unknown or infinite, which JSON writes as null.
type Float float64

// MarshalJSON writes the number, or null.
func (f Float) MarshalJSON() ([]byte, error) {
	if v := float64(f); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return json.Marshal(v)
	}
	return []byte("null"), nil
}

// MarshalJSON writes the row with its ratio: the center, and where the true one is
// with 95 %.
func (r Row) MarshalJSON() ([]byte, error) {
	type plain Row
	type interval struct {
		Center Float `json:"center"`
		Lo     Float `json:"lo"`
		Hi     Float `json:"hi"`
		N      int   `json:"n"`
	}
	i := r.Ratio
	return json.Marshal(struct {
		plain
		Ratio interval `json:"ratio"`
	}{plain(r), interval{Float(i.Center), Float(i.Lo), Float(i.Hi), i.N}})
}
