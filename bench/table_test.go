package bench_test

import "testing"

// The harness wants a table's benchmarks in this order, which is that of the file.

// BenchmarkThroughput hands over batches as fast as the level takes them.
func BenchmarkThroughput(b *testing.B) { each(b, "table", 0, throughput) }

// BenchmarkLatency hands over one task at a time, from a single caller.
func BenchmarkLatency(b *testing.B) { each(b, "table", 1, latency) }
