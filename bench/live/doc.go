// Package live shows concurrency while it happens: which task ran where and when, as
// bars on lanes, in a terminal and on a page, from one stream of events.
//
// A demo acts on a [Stage]. Whatever it does becomes an [Event], stamped and in order, and
// every [Viewer] gets each of them: the terminal (Terminal), lines of text where there is
// none (Lines), a page in the browser (Page), a file (Recorder). A recording is the same
// stream again, so [Replay] needs no level, no Redis and no luck.
//
// Tasks that run in other processes tell by a Reporter what they do; a Collector in this
// one takes it in, on its own clock, and says how far the others' clocks were off.
//
// Glyphs and shapes carry the meaning; colours repeat it.
package live
