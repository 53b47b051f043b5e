package live

import (
	"context"
	"strings"
	"time"
)

// recorded is what a replay adds to each title, once, so that nobody takes it for live.
const recorded = " (recorded)"

// Replay shows a recording to the viewers, at its own pace times speed; 0 means without
// any pause. It returns the cause of ctx if that ends before, and closes no viewer.
func Replay(ctx context.Context, show *Show, speed float64, viewers ...Viewer) error {
	begin := time.Now()
	for _, e := range show.Events {
		if speed > 0 {
			if err := Pause(ctx, time.Until(begin.Add(time.Duration(float64(e.At)/speed)))); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if e.Scene != nil {
			scene := *e.Scene
			scene.Title = strings.TrimSuffix(scene.Title, recorded) + recorded
			e.Scene = &scene
		}
		for _, v := range viewers {
			v.Show(e)
		}
	}
	return nil
}

// Pause waits for d. Its error is the cause of ctx, if that ends before.
func Pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
