// Package strict reads files that anybody may have made, and takes nothing for granted; and
// writes those of ours as a whole, or not at all.
//
// A name may lead to a pipe that nobody writes to, or to a device that never ends: only
// regular files are read, and no more of them than was allowed. In JSON a key may stand
// twice, of which [encoding/json] silently takes the last, or be misspelt, which it
// silently leaves out: both would measure something that nobody meant.
package strict
