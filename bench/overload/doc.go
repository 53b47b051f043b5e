// Package overload asks of levels for ten times what they can do, and looks at what
// becomes of it.
//
// A trial has three phases. First, callers that wait for their results keep the level
// busy: so much it can do, and so much memory it holds then. Then calls begin at ten times
// that rate, whatever became of those before, as requests reach a server. At last there
// are the first callers again: how long until they get what they got before? If that
// takes long, all is played again, up to three times: a machine may be slower for a while.
//
// A level that is overloaded well does not fall over and does not hoard. What it cannot
// take it turns away at once, with [levels.ErrFull]; what it has taken it does; memory is
// bounded; and when the storm is over, nothing is left of it. A queue without a bound
// fails all of that but the second, slowly: it takes everything, and answers nobody in
// time. [Config.Endless] puts one in front of a level, and must be caught.
//
// In front of machine/queue, what is bounded is the queue in Redis itself. Other levels
// have no queue: their callers wait. There a [levels.Limit] lets only so many wait.
//
// What must hold exactly, on any machine, is told apart from what takes time or memory:
// see [Row.Broken] and [Row.Slow].
package overload
