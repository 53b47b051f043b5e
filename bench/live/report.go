package live

import "time"

// Environment is the variable by which a worker is told to report: the address of a
// [Collector] and its token, with a space between.
const Environment = "LEVELS_LIVE"

// A Sink takes spans, on a clock of its own: a [Stage] is one, and a [Reporter].
type Sink interface {
	Now() time.Duration
	Span(Span)
}
