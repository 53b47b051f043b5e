package overload

import (
	"context"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// steady finds out how many tasks a second the level can do.
func (t *trial) steady(ctx context.Context) (float64, error) {
	var rates []float64
	err := t.busy(ctx, func(rate float64) bool {
		rates = append(rates, rate)
		return time.Duration(len(rates))*window >= t.Steady
	})
	if rate := stat.Median(rates); err != nil || rate > 0 {
		return rate, err
	}
	return 0, fmt.Errorf("half of %v went by without a task that was done", t.Steady)
}

// calm finds out how long it is after the storm until the level does as much as before.
func (t *trial) calm(ctx context.Context) error {
	begin := time.Now()
	return t.busy(ctx, func(rate float64) bool {
		if rate >= enough*t.row.Rate {
			t.row.Back = time.Since(begin)
		}
		return t.row.Back > 0 || time.Since(begin) > t.Patience
	})
}
