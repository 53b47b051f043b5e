package pitfall

import (
	"context"
	"fmt"
	"go/version"
	"runtime"
	"time"
)

// A Proof is that the broken program shows its symptom and the fixed one does not, or
// why that could not be shown.
type Proof struct {
	Broken, Fixed Side
	Ruling        Ruling
	Why           string // not proven; "" if it is
	Took          time.Duration
}

// A Ruling is how a proof ended.
type Ruling string

const (
	Proven  Ruling = "proven"
	Refuted Ruling = "REFUTED"
	NotHere Ruling = "not provable here" // something is missing, which Why names: this is no proof
)

// But in tests, these are what they are called.
var (
	parallel = Parallel
	apart    = Pitfall.Apart
)

// looks is how often a ratio of times is taken before it refutes: each time afresh. One
// miss on a busy machine says little: of 2000 proofs at a load of 7 to 38 on two cores, 3
// missed three times in a row, and none of those of programs that mostly wait.
const looks = 6

// Prove runs both programs, each in a process of its own with a deadline. The main and the
// TestMain of the program that proves must begin with [Child]. The error is that it could
// not look; that ctx has ended is one.
func (p Pitfall) Prove(ctx context.Context) (proof Proof, err error) {
	start := time.Now()
	defer func() { proof.Took = time.Since(start) }()
	if proof.Why = p.Here(); proof.Why != "" {
		proof.Ruling = NotHere
		return proof, nil
	}
	if proof.Broken, proof.Ruling, proof.Why, err = p.try(ctx, Broken); err == nil && proof.Ruling == Proven {
		proof.Fixed, proof.Ruling, proof.Why, err = p.try(ctx, Fixed)
	}
	return proof, err
}

// Here says why the pitfall cannot be shown here and now: something is [Pitfall.Missing],
// or missing at this moment, or it takes two cores and there are none free. "" means that
// it can.
func (p Pitfall) Here() string {
	why := p.Missing()
	if why == "" && p.Now != nil {
		why = p.Now()
	}
	if why == "" && p.Class == Par {
		why = TwoCores()
	}
	return why
}

// TwoCores says why what takes two cores cannot be judged here and now; "" means that it can.
func TwoCores() string {
	if n := parallel(); n < enough {
		return fmt.Sprintf("two threads do %.2g times the work of one on this machine now, and it takes %.2g", n, enough)
	}
	return ""
}

// Missing says what the pitfall needs and this place has not; "" means nothing.
func (p Pitfall) Missing() string {
	if p.Since != "" && version.IsValid(runtime.Version()) && version.Compare(runtime.Version(), "go"+p.Since) < 0 {
		return fmt.Sprintf("it takes Go %s, and this is %s", p.Since, runtime.Version())
	}
	if p.Needs != nil {
		return p.Needs()
	}
	return ""
}

// try looks at one of the two until it shows what it should. After a miss it is asked
// whether it can still be shown: a neighbour may have come.
func (p Pitfall) try(ctx context.Context, which Which) (s Side, ruling Ruling, why string, err error) {
	tries := 1
	if p.Class.Timed() {
		tries = looks
	}
	for range tries {
		if s, err = apart(p, ctx, which); err != nil {
			return s, "", "", err
		}
		if why = p.against(which, s); why == "" {
			return s, Proven, "", nil
		}
		if gone := p.Here(); gone != "" {
			return s, NotHere, gone, nil
		}
	}
	return s, Refuted, fmt.Sprintf("the %s program: %s", which, why), nil
}
