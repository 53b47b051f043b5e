package overload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// A reading is the throughput of a window after the storm, and when that window was over.
type reading struct {
	rate float64
	at   time.Duration
}

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

// calm reads the throughput after the storm until that is what it was, or for as long as
// the patience lasts.
func (t *trial) calm(ctx context.Context) (after []reading, err error) {
	begin := time.Now()
	err = t.busy(ctx, func(rate float64) bool {
		after = append(after, reading{rate, time.Since(begin)})
		return rate >= enough*t.row.Rate || time.Since(begin) > t.Patience
	})
	return after, err
}

// judge says when the throughput was back. If that was late, the machine may be what is
// slower than it was. Then it is measured by a level that has not been overloaded: one
// that is opened now.
func (t *trial) judge(ctx context.Context, after []reading) (err error) {
	t.row.Back = back(after, t.row.Rate)
	if t.row.Back > 0 && t.row.Back <= soon {
		return nil
	}
	if t.row.Anew, err = t.anew(ctx); err != nil {
		return fmt.Errorf("open it again, to compare with: %w", err)
	}
	t.row.Back = back(after, min(t.row.Rate, t.row.Anew))
	return nil
}

// anew is what a level like this one can do that is opened now.
func (t *trial) anew(ctx context.Context) (rate float64, err error) {
	other := &trial{Config: t.Config, spec: t.spec, work: t.work, row: Row{AtOnce: t.row.AtOnce}}
	if err := other.open(ctx); err != nil {
		return 0, err
	}
	rate, err = other.steady(ctx)
	return rate, errors.Join(err, other.level.Close())
}

// back is when the throughput was again what it should be, nearly; 0 if never.
func back(after []reading, rate float64) time.Duration {
	for _, r := range after {
		if r.rate >= enough*rate {
			return r.at
		}
	}
	return 0
}
