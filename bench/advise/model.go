// Package advise says which level to take for tasks that compute, wait and carry bytes,
// and what that will cost, from what each level was measured to cost on this machine.
//
// It predicts, so it has to be held against measurements that it has not seen:
// [Validate] does that.
package advise

import (
	"math"
	"time"
)

// A Level is what one level costs. All times are in seconds; what a level was not
// measured for is 0.
//
// # The model
//
// A batch is done as fast as its narrowest place lets it through. For tasks that
// compute c, wait w and carry p bytes there are three, each with a time a task:
//
//	hand-over    H(p)                     what the caller takes to get a task there and back
//	processors   (c + u + O(p)) / (P e)   all CPU that a task costs anywhere, over all there is
//	places       (c + w + t) / W          a task holds one of W places while it runs
//
// H and O are lines through four measured payloads, for bytes are not all equally dear: H is wall time,
// O the CPU of the whole process tree. Four numbers are left: u, the CPU of falling asleep
// and waking up, and t, how late a task wakes, which only tasks that wait pay; W, the tasks
// in flight; and e, how much of P processors the tasks get when all are busy.
//
// The time a task is the greatest of the three, not their sum: while one task waits or is
// handed over, others compute. Only the ends of a batch add up. Where places are the limit
// it takes E waves longer, for a level that hands out slices has empty places while the last
// ones run: total = n (c+w+t)/W + E (c+w+t). Elsewhere the last task still has to wait, when
// nothing is left to do beside it: total = n T + (E+1) (w+t). A lone task meets nobody, so its
// latency is the sum of all that happens to it.
//
// More hosts multiply P and W of machines, but not H: the caller is one.
//
// How the constants come from a few points, and none of them by hand, is in fit.go.
type Level struct {
	Name   string `json:"name"`
	Places int    `json:"places"` // W: tasks in flight that it is opened with where tasks wait

	HandOver   Line    `json:"hand_over"`  // H: wall time a task
	CPU        Line    `json:"cpu"`        // O: CPU a task, of all processes
	Efficiency float64 `json:"efficiency"` // e: share of the processors that does the tasks' work; of serial 1

	Ends float64 `json:"ends"` // E: waves of tasks
	Late float64 `json:"late"` // t
	Wake float64 `json:"wake"` // u

	Lone  Line    `json:"lone"`  // latency of a task alone
	Trips float64 `json:"trips"` // round trips in that

	Start  float64 `json:"start"`  // from nothing to the first result
	Fixed  float64 `json:"fixed"`  // bytes of memory of its workers
	Memory float64 `json:"memory"` // bytes of a task in flight, without its payload

	Spread float64 `json:"spread"` // how far repeated measurements were from their median, as a share
}

// A Line is a cost by payload: its values for each of [Payloads], and straight lines
// between and behind.
type Line [4]float64

// Payloads are where lines have their knots, in bytes.
var Payloads = [len(Line{})]int{0, 512, 4 << 10, 64 << 10}

// At is the cost of a payload.
func (l Line) At(bytes float64) float64 {
	i := 0
	for i < len(l)-2 && bytes > float64(Payloads[i+1]) {
		i++
	}
	x0, x1 := float64(Payloads[i]), float64(Payloads[i+1])
	return l[i] + (l[i+1]-l[i])*(bytes-x0)/(x1-x0)
}

// A Question is about many tasks that are all alike.
type Question struct {
	CPU     time.Duration // that a task computes, on one processor of this machine
	Wait    time.Duration // that it waits, for a disk, a server, a person
	Payload int           // bytes there, and as many back
	Tasks   float64       // 0 means a million

	Cores    int           // of each host; 0 means as many as were measured
	Hosts    int           // computers, which only machines can use; 0 means 1
	RTT      time.Duration // to machines; 0 means loopback
	InFlight int           // tasks at once; 0 means what the level is opened with
	Free     float64       // share of the processors that others leave; 0 means all
}

// A Prediction is what a level will take for the tasks of a [Question]. Times are in
// seconds, memory in bytes.
type Prediction struct {
	Level      string  `json:"level"`
	Throughput float64 `json:"tasks_per_second"`
	Total      float64 `json:"total_seconds"` // with its start
	Alone      float64 `json:"latency_alone_seconds"`
	Full       float64 `json:"latency_full_seconds"` // at capacity, by Little's law
	Memory     float64 `json:"memory_bytes"`
	Limit      string  `json:"limit"` // the narrowest place
	Error      float64 `json:"error"` // likely, as a share of the throughput
}

// The narrowest places.
const (
	ByHandOver   = "hand-over"
	ByProcessors = "processors"
	ByPlaces     = "places"
)

// Predict is the model. Cores are those of the machine that was measured.
func (l *Level) Predict(q Question, cores int) Prediction {
	w, n, places := q.Wait.Seconds(), q.tasks(), l.room(q, cores)
	if q.Wait > 0 {
		w += l.Late
	}
	task, limit := l.narrowest(q, cores)
	ends := (l.Ends + 1) * w
	if limit == ByPlaces {
		ends = l.Ends * (q.CPU.Seconds() + w)
	}
	if l.Name == serial {
		ends = 0
	}
	trips := l.Trips * q.RTT.Seconds()
	took := n*task + ends + trips
	alone := q.CPU.Seconds() + w + l.Lone.At(float64(q.Payload)) + trips
	return Prediction{
		Level: l.Name, Limit: limit, Error: math.Hypot(modelError, l.Spread),
		Throughput: n / took,
		Total:      l.Start + took,
		Alone:      alone,
		Full:       max(alone, min(places, n)*task),
		Memory:     l.Fixed + min(places, n)*(l.Memory+2*float64(q.Payload)),
	}
}

// narrowest is the place that a batch waits for, and how long a task takes there.
func (l *Level) narrowest(q Question, cores int) (task float64, limit string) {
	c, bytes := q.CPU.Seconds(), float64(q.Payload)
	work, held := c+l.CPU.At(bytes), 0.0
	if q.Wait > 0 {
		work += l.Wake
		held = c + q.Wait.Seconds() + l.Late
	}
	share := q.Free
	if share == 0 {
		share = 1
	}
	if l.Name == serial { // all happens in turn, on one processor if there is one
		return (c+l.CPU.At(bytes))/min(1, share*float64(cores)) + max(0, held-c), ByPlaces
	}
	task, limit = l.HandOver.At(bytes)/share, ByHandOver
	if t := work / (l.processors(q, cores) * share * l.Efficiency); t > task {
		task, limit = t, ByProcessors
	}
	if t := held / l.room(q, cores); t > task {
		task, limit = t, ByPlaces
	}
	return task, limit
}

// modelError is what a prediction is off by even if nothing disturbs: the target that
// [Validate] holds the median of all errors to.
const modelError = 0.15

// serial is the yardstick's name.
const serial = "serial"

func (q Question) tasks() float64 {
	if q.Tasks <= 0 {
		return 1e6
	}
	return q.Tasks
}

// room is how many tasks the level has in flight: if they compute, one for each processor.
func (l *Level) room(q Question, cores int) float64 {
	if q.Wait == 0 && q.InFlight == 0 {
		return l.processors(q, cores)
	}
	places := l.Places
	if q.InFlight > 0 && l.Name != serial {
		places = q.InFlight
	}
	if l.remote() {
		places *= q.hosts()
	}
	return float64(places)
}

// processors are those that the level can use.
func (l *Level) processors(q Question, cores int) float64 {
	n := cores
	if q.Cores > 0 {
		n = q.Cores
	}
	switch {
	case l.Name == serial:
		return 1
	case l.remote():
		n *= q.hosts()
	}
	if q.InFlight > 0 {
		n = min(n, q.InFlight*q.hosts())
	}
	return float64(n)
}

func (q Question) hosts() int { return max(1, q.Hosts) }

func (l *Level) remote() bool { return l.Name == "machine/rpc" || l.Name == "machine/queue" }
