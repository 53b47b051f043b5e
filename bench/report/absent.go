package report

import (
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// lacking says why the samples of a benchmark have no values in a unit. Some have none
// because there is nothing to count, and that is no flaw of the run.
func lacking(n samples.Name, unit string) string {
	switch {
	case strings.HasPrefix(unit, "svc-") && n.Part("mode") == "closed":
		return "a closed loop has no service time apart: a task begins when its caller asks"
	case strings.HasPrefix(percentile(unit), "p99"):
		return "no round had the latencies that a " + percentile(unit) + " needs"
	case unit == "wire-B/op" && n.Level != "machine":
		return "nothing goes between machines"
	case unit == "redis-cmds/op" && n.Impl != "queue":
		return "there is no Redis in it"
	case unit == "redis-cmds/op":
		return "not measured: this store does not count its commands"
	case unit == "inflight-B/task":
		return "less than the noise of the memory that it was to be seen in"
	}
	return "not measured: the results lack " + unit
}

// percentile is what a unit of latency is called: p99 for p99-sec and svc-p99-sec.
func percentile(unit string) string {
	return strings.TrimPrefix(strings.TrimSuffix(unit, "-sec"), "svc-")
}
