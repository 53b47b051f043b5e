// Package tea makes tea for guests. This is the only file that you change.
package tea

import "context"

// Tea pours one cup for each guest: cups[i] is that of guests[i]. The samovar has taps
// enough for all, but each cup takes its time.
//
// Your part: all cups are to be ready in little more than the time of one.
func Tea(ctx context.Context, guests []string, pour func(ctx context.Context, guest string) string) []string {
	cups := make([]string, len(guests))
	for i, guest := range guests {
		cups[i] = pour(ctx, guest)
	}
	return cups
}
