package simulation

// Broken names a queue with a mistake that queues are known for, by which the simulation
// shows that it finds it.
type Broken int

const (
	Sound           Broken = iota
	PopWithoutLease        // a job that was taken lies with its worker only
	NoRecovery             // nobody looks for leases that ran out
	NoFence                // a worker that comes back late is believed
	WorkerClock            // a lease is a date by the worker's clock
	PushWithRetry          // a push without an answer is repeated, and counts twice
	NoDeadLetter           // a job that kills its workers is tried for ever
	OneTooMany             // or once more than it should be
	GiveBackCosts          // a job that its worker gave back has a try less
)

func (b Broken) String() string {
	return [...]string{"sound", "pop without lease", "no recovery", "no fence", "worker clock", "push with retry", "no dead letter", "one try too many", "to give back costs a try"}[b]
}
