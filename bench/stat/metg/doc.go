// Package metg finds the minimum effective task granularity of a level: the
// smallest task at which it still reaches a share of the peak, 50 % or 90 %.
//
// # Meaning
//
// Efficiency is the rate of work through a level over the rate without any.
// With smaller tasks the level's own work for each of them, its overhead o,
// weighs more: a task of size w has efficiency w/(w+o), so METG(t) is ot/(1-t),
// and METG(50 %) the overhead itself.
//
// # How
//
// [Bisect] is given a probe, which measures the efficiency at one grain, with
// the peak measured right before and after: one noisy number. It doubles or
// halves the grain until the target lies between two, and then spends its
// probes around where they put the crossing. Each of them says what the
// overhead is, g(1-e)/e, and the median of that gives the crossing. It needs
// that form only near the crossing, where a factor of two is as good as any
// curve; a straight line through efficiency over log grain, the other choice,
// is drawn off by a single outlier (TestMedianBeatsLine). The interval is by
// order statistics, exact for a median, where a bootstrap promises too much.
//
// # Sources
//
//   - Slaughter et al., Task Bench: A Parameterized Benchmark for Evaluating
//     Parallel Runtime Performance, SC'20.
//
// # Limits
//
// The median is of what was measured: a disturbance that makes one probe of
// ten slow counts a little. At 90 % the curve is flat, and probes that vary by
// 20 % say little of where it crosses: the interval is as wide as it must be.
// An efficiency above 110 % means that the peak is none, and is refused.
package metg
