//go:build race

package grade

const instrumented = true
