// Package stat compares two series of measurements that were taken in rounds,
// and says how far the comparison can be believed.
//
// # Meaning
//
// A round measures both sides close together in time, so what disturbs the
// machine disturbs both and falls out of their ratio. [Ratio] is the median of
// these ratios with its interval, and [SignedRank] the chance of ratios so
// far from 1 if the sides were equal. [Holm] corrects for having asked many
// times. [Detectable] is what the test could have found at all: "no
// difference" says nothing without it. [Replay] compares a series with itself
// and counts the alarms, all of them false. [Gate] decides.
//
// # Sources
//
//   - Wilcoxon, Individual comparisons by ranking methods, Biometrics 1945;
//     zeros by Pratt, JASA 1959.
//   - Hettmansperger and Sheather, Confidence intervals based on interpolated
//     order statistics, Statistics & Probability Letters 1986.
//   - Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
//   - Holm, A simple sequentially rejective multiple test procedure,
//     Scandinavian Journal of Statistics 1979.
//   - Mann and Whitney, Annals of Mathematical Statistics 1947, by benchmath.
//
// # Limits
//
// Rounds are taken to be independent, and the logs of their ratios to be
// symmetric around the true one, as they are if both sides suffer the same
// noise. Fewer than six rounds have no interval at 95 %. Six rounds cannot
// have a p below 0.03, whatever they say. No function sorts or changes what
// it is given, and none panics: what cannot be answered is NaN, and an
// interval that cannot be bounded is infinite.
package stat
