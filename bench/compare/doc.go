// Package compare tells whether a version of the suite got slower than another,
// and whether the measurements can tell at all.
//
// # What is judged
//
// What can be counted is judged first: allocations, commands, bytes on the wire,
// tasks lost or done twice. It is the same in every round, so no statistics are
// needed: to usually need more than the base ever did is a FAIL, and so is one lost
// task. A benchmark that only head cannot complete, or completes with another checksum,
// is a FAIL, too.
//
// Processor time is judged next: it does not count the time in which somebody else had
// the processor. In results/kvm-2x-epyc/aa, 1 in 20 comparisons of equal things, with 20
// rounds each, was off by more than 1.4 % when computing, and by more than 11 % with
// empty tasks, which is why by default these are counted only (levels compare --replay). Wall time,
// latency and start-up are reported, and decide nothing.
//
// # Two designs
//
// [Compare] wants both sides, and the base once more as a control, measured in turns
// within each round (see [Trial]). What disturbs the machine then disturbs all of
// them, and each round has a ratio of its own. The control says what comparing a
// binary with itself finds on this machine today; if it finds a regression, nothing
// that was measured can be believed.
//
// [Blocks] compares two runs, one measured after the other. What changed on the
// machine between them looks like a change of the code, and more rounds only make
// it look more certain. Dividing by the serial row of each round takes out what
// slows down everything alike, and no more: this is weaker evidence, and says so.
//
// # Verdicts
//
// PASS means shown not to be slower by more than the margin, which is not the same
// as not shown to be slower: that is INCONCLUSIVE, and comes with the slow-down that
// would have been found. ENVIRONMENT means that the numbers do not belong together,
// or that the machine was too unsteady for its own control.
//
// # Sources
//
//   - Group-sequential tests: O'Brien and Fleming, Biometrics 1979; spending by
//     Lan and DeMets, Biometrika 1983. See [Looks].
//   - Paired tests, intervals, Holm: package stat.
package compare
