// Package usl fits the Universal Scalability Law to throughput measured with
// more and more workers.
//
// # Meaning
//
// X(N) = λN / (1 + σ(N-1) + κN(N-1)). λ is the throughput of one worker. σ is
// contention: the share of the work that only one can do at a time, which
// bounds X at λ/σ. κ is coherence: the price of every pair of workers to agree,
// which makes X fall again beyond the peak. With κ = 0 it is Amdahl's law.
//
// # Sources
//
//   - Gunther, Guerrilla Capacity Planning, 2007.
//   - Schwartz, Practical Scalability Analysis with the Universal Scalability
//     Law, 2015, whose data and coefficients are those of the test.
//   - Marquardt, An algorithm for least-squares estimation of nonlinear
//     parameters, SIAM 1963.
//
// # Limits
//
// The law is a curve through points, not a reason. It says nothing beyond the
// largest N that was measured: fitted to the first 4, 6 or 8 of the published
// 32 points, it predicts the last one a third to a half too high, and to the
// first 12 or 16 a sixth too low (TestNeverExtrapolate). So [Model.Predict] refuses to, and [Fit] says when
// the data cannot tell what is asked of them. The intervals are by a bootstrap
// of residuals: they hold what noise does, not what a wrong law does.
package usl
