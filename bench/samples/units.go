package samples

import "slices"

// A Unit is what a number means. Key and Value are what readers of the raw file are
// told of it: better is higher or lower, or assume is exact; "" is nothing.
type Unit struct{ Name, Key, Value, About string }

// Units are all that samples may have. A number in another unit is a mistake of the
// benchmark, and its sample fails.
var Units = []Unit{
	{"ns/op", "", "", "time a task, as go test counts it"},
	{"tasks/s", "better", "higher", "tasks a second that were done and checked"},
	{"cpu-ns/op", "better", "lower", "processor time a task, of the whole process tree"},
	{"p50-ns", "better", "lower", "half of the tasks take no longer; in an open loop, from the intended start"},
	{"p90-ns", "better", "lower", "nine tenths of the tasks take no longer"},
	{"p99-ns", "better", "lower", "99 % of the tasks take no longer"},
	{"p99.9-ns", "better", "lower", "99.9 % of the tasks take no longer"},
	{"svc-p50-ns", "better", "lower", "the same as p50, from the actual start: what a waiting caller does not see"},
	{"svc-p99-ns", "better", "lower", "the same as p99, from the actual start"},
	{"sched-lag-p50-ns", "better", "lower", "how late the generator itself was, at the median: the error of p50"},
	{"sched-lag-p99-ns", "better", "lower", "the same at 99 %: the error of p99"},
	{"rate/s", "", "", "tasks a second that the open loop was to begin"},
	{"dropped/op", "better", "lower", "tasks that the open loop could not begin, as a share"},
	{"little-%", "", "", "throughput times response time, in percent of the tasks in flight: 100 by Little's law"},
	{"latencies", "", "", "tasks that the percentiles rest on"},
	{"metg50-ns", "better", "lower", "smallest task that runs at half of peak efficiency (Task Bench, SC'20)"},
	{"metg90-ns", "better", "lower", "smallest task that runs at nine tenths of it"},
	{"efficiency-%", "better", "higher", "of what the processors, or the ideal schedule, would do"},
	{"startup-ns", "better", "lower", "from nothing to the first result"},
	{"close-ns", "better", "lower", "to give everything back"},
	{"peak-RSS-bytes", "better", "lower", "peak resident memory, of the whole process tree"},
	{"inflight-B/task", "better", "lower", "memory that a waiting task holds, of the whole process tree"},
	{"B/op", "better", "lower", "bytes that the caller allocates for a lone task; the median"},
	{"allocs/op", "assume", "exact", "allocations of the caller for a lone task; the median, so exact, but for callers of a queue, by one"},
	{"redis-cmds/op", "assume", "exact", "commands that Redis is sent for a lone task; the median, so exact"},
	{"wire-B/op", "assume", "exact", "bytes between the caller and its machines for a lone task; the median, so exact"},
	{"lost/op", "assume", "exact", "tasks without a result"},
	{"dup/op", "assume", "exact", "tasks with more than one"},
	{"faults", "", "", "workers that died, and jobs that were tried again, since the level was opened: the row is INVALID"},
	{"forbidden/op", "better", "lower", "pieces of a pitfall's work that end as they must not"},
	{"took-ns", "better", "lower", "the time that a pitfall's program is judged by"},
	{"gc-cpu-%", "better", "lower", "of the caller's processor time, that the garbage collector took"},
	{"steal-%", "", "", "of all processors' time, that the hypervisor took"},
	{"psi-cpu-%", "", "", "share of the time in which something waited for a processor"},
	{"others-%", "", "", "of all processors' time, that processes took which are not the benchmark's"},
	{"throttled-%", "", "", "of the time, that a CPU limit held processors back, added up over them"},
	{"ctxsw", "", "", "context switches of the whole machine during the sample"},
	{"checksum", "assume", "exact", "over all outputs: the same at every level, or a result is wrong"},
}

// Known reports whether samples may have a number in the unit.
func Known(unit string) bool {
	return slices.ContainsFunc(Units, func(u Unit) bool { return u.Name == unit })
}
