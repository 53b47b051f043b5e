// Package tea makes tea for guests. This is the only file that you change.
package tea

import (
	"context"
	"sync"
)

// Tea pours one cup for each guest: cups[i] is that of guests[i]. The samovar has taps
// enough for all, but each cup takes its time.
func Tea(ctx context.Context, guests []string, pour func(ctx context.Context, guest string) string) []string {
	cups := make([]string, len(guests))
	var wg sync.WaitGroup
	for i, guest := range guests {
		wg.Go(func() { cups[i] = pour(ctx, guest) }) // begin all,
	}
	wg.Wait() // and then wait for all
	return cups
}
