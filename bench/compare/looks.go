package compare

// A Look is a number of rounds at which the data is judged, and how much of the
// false alarms that are allowed in all it may use up.
type Look struct {
	Rounds int
	Alpha  float64
}

// Looks are when a comparison of so many rounds is judged: then, and if nothing could
// be told, after twice and after three times as many. That is laid down before the
// first sample is measured. Who goes on until a difference is significant finds one in
// everything; so the looks share the 1 % of false alarms, which is then kept however
// they depend on each other.
//
// They share it like O'Brien and Fleming, by Lan and DeMets' function: the early look
// gets next to nothing. That costs little, since ten rounds cannot have a p below
// 0.002, and saves it for the looks that can tell. Counts need no share: they are
// exact.
//
// PASS is not shared: it takes an interval of 95 % below the margin, so at one look at
// most 2.5 % of what is as slow as the margin passes, and at three looks at most 7.5 %.
// What is slower than that passes less often.
func Looks(rounds int) []Look {
	return []Look{{rounds, 0.00001}, {2 * rounds, 0.0016}, {3 * rounds, 0.00839}}
}

// lookAt is the look that so many rounds belong to: the last that they reach.
func lookAt(looks []Look, rounds int) Look {
	at := looks[0]
	for _, l := range looks {
		if rounds >= l.Rounds {
			at = l
		}
	}
	return at
}
