// Package crossover finds the size of task from which one level is better than
// another.
//
// # Meaning
//
// Two levels are measured at the same grains in the same rounds. At each grain
// the median of the paired ratios says who is better, and the signed-rank test
// whether that is sure, adjusted by Holm for the number of grains. Between two
// grains that are sure and disagree lies a crossing: where the line through
// the logs of the ratios, over the log of the grain, is at a ratio of 1. Its
// interval comes from drawing rounds, each with all its grains, for what
// disturbs a round disturbs them all.
//
// Curves that meet without crossing are common: with large tasks no level is
// better. So a level is always better if it is at some grain, and elsewhere at
// least not worse by more than the margin.
//
// # Sources
//
//   - Holm 1979 and Wilcoxon 1945, see package stat.
//   - Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
//
// # Limits
//
// Between two grains the curve is taken for straight: measure more of them
// where it matters. With g grains, n rounds can be sure of one only if 2^(1-n)
// is below 0.05/g: ten grains need nine rounds.
package crossover
