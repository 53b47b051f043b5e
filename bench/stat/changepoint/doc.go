// Package changepoint finds the commits at which a series of measurements
// changed for good.
//
// # Meaning
//
// A threshold asks whether a commit is slower than the one before, and takes
// noise for an answer. A change point asks whether all before it and all after
// it are drawn from the same. The split is where the energy statistic, the mean
// distance between the sides less those within them, is largest; whether that
// is more than chance, shuffled series tell. What is left and right of a
// change is then searched in the same way.
//
// The right side may end before the series does, or a level that comes and goes
// would hide. Values far out are taken back to Tukey's fences, or one wild
// measurement would weigh more than a new level.
//
// # Sources
//
//   - Matteson and James, A nonparametric approach for multiple change point
//     analysis of multivariate data, JASA 2014: E-divisive.
//   - James, Kejariwal and Matteson, Leveraging cloud data to mitigate user
//     experience from "breaking bad", 2014: why not means.
//   - Daly et al., The use of change point detection to identify software
//     performance regressions in a continuous integration system, ICPE 2020,
//     and Apache Otava: the use for commits.
//
// # Limits
//
// Shuffling takes measurements for independent. Give it ratios to a baseline
// that was measured beside, or the moods of the machine are changes too. A
// slow drift is told as one or more steps. A change needs three measurements
// on both sides, and eleven or so in all to be sure of it.
package changepoint
