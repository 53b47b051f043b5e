//go:build race

package pitfalltest

const instrumented = true
