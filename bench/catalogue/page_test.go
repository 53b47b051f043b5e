package catalogue

import "testing"

// Issues become links; slashes and numbers that are none stay as they are.
func TestLinked(t *testing.T) {
	const text = "golang/go#23019: Wait; taskforcesh/bullmq and 3/4 of #5"
	const want = "[golang/go#23019](https://github.com/golang/go/issues/23019): Wait; taskforcesh/bullmq and 3/4 of #5"
	if got := linked(text); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
