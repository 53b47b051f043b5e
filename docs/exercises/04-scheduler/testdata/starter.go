// Package scheduler is where you decide whose turn it is. This is the only file that you
// change.
//
// Two threads run a program, step by step. A schedule is a word of A and B: each letter
// lets that thread do its next step. A step that must wait, for a lock or for a bell, is
// not done, and the thread stays before it.
//
// Your part: find the schedules under which the programs go wrong.
package scheduler

// Count: two threads add 1 to n, which is 0 at first. Make n 1 in the end.
//
//	A reads n       B reads n
//	A writes n + 1  B writes n + 1
const Count = "AABB"

// Doors: each thread needs both locks. Make both threads wait for ever.
//
//	A locks x    B locks y
//	A locks y    B locks x
//	A unlocks y  B unlocks x
//	A unlocks x  B unlocks y
const Doors = "AAAABBBB"

// Bell: A waits for what B makes. The bell wakes who sleeps, and nobody else. Make A
// sleep for ever.
//
//	A looks: is it there?  B puts it there
//	A sleeps, if it saw nothing
//	A goes on, if awake    B rings the bell
const Bell = "BBAAA"

// Locked: Count, with a lock. Make n 1 in the end; or write "none", if no schedule can.
//
//	A locks x       B locks x
//	A reads n       B reads n
//	A writes n + 1  B writes n + 1
//	A unlocks x     B unlocks x
const Locked = "AAAABBBB"
