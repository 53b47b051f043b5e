package load

import (
	"context"
	"iter"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// The server of the example: it stalls for 200 ms each second.
const (
	rate   = 300
	lasts  = 6 * time.Second
	pace   = time.Second / rate
	stall  = 200 * time.Millisecond
	period = time.Second
	serves = time.Millisecond
)

func ExampleOmission() {
	WriteTable(os.Stdout, Omission(stall, period, serves, rate, lasts))
	// Output:
	// ms                                  calls    mean     p50     p90     p99   p99.9     max
	// closed loop, from the actual start   1447     1.8     1.0     1.0     1.0       -   200.0
	// open loop, from the actual start     1800     1.7     1.0     1.0     1.0       -   201.1
	// open loop, from the intended start   1800    29.9     1.0   131.0   194.1       -   201.1
}

// op is the server in the time of the bubble it is called in. Its calls queue
// up in the order they come; a mutex would not do, for to wait for one does not
// let virtual time go on.
func (s stalling) op() Op {
	begin, turn := time.Now(), make(chan struct{}, 1)
	return func(context.Context, int, int) error {
		turn <- struct{}{}
		time.Sleep(s.stalled(time.Since(begin)))
		time.Sleep(s.service)
		<-turn
		return nil
	}
}

// The generators, in virtual time, measure what the simulation computes.
func TestOmissionIsWhatTheGeneratorsMeasure(t *testing.T) {
	server := stalling{stall, period, serves}
	want := Omission(stall, period, serves, rate, lasts)
	synctest.Test(t, func(t *testing.T) {
		closed, err := Closed{Duration: lasts, Every: pace}.Run(t.Context(), server.op())
		if err != nil {
			t.Fatal(err)
		}
		open, err := Open{Rate: rate, Duration: lasts, MaxInFlight: 1}.Run(t.Context(), server.op())
		if err != nil || Valid(open) != nil {
			t.Fatal(err, Valid(open))
		}
		have := []Row{NewRow(want[0].Name, closed.Response), NewRow(want[1].Name, open.Service), NewRow(want[2].Name, open.Response)}
		if !slices.Equal(have, want) {
			t.Errorf("measured:\n%+v\nsimulated:\n%+v", have, want)
		}
		WriteTable(t.Output(), have) // with -v
	})
}

// With many connections the queue is in the server, and the wait in it no longer
// hides behind the actual start.
func TestOmissionNeedsTheIntendedStart(t *testing.T) {
	server := stalling{stall, period, serves}
	response, _ := server.open(rate, lasts)
	synctest.Test(t, func(t *testing.T) {
		r, err := Open{Rate: rate, Duration: lasts}.Run(t.Context(), server.op())
		if err != nil || Valid(r) != nil {
			t.Fatal(err, Valid(r))
		}
		if !r.Response.Equals(response) || !r.Service.Equals(response) {
			t.Error("the response times depend on the number of connections")
		}
	})
}

// The trips are in order, none begins before it is due or while another has the server,
// and the two loops send as many as Omission counts.
func TestTrips(t *testing.T) {
	rows := Omission(stall, period, serves, rate, lasts)
	closed, open := Trips(stall, period, serves, rate, lasts)
	for name, loop := range map[string]struct {
		trips iter.Seq[Trip]
		calls int
	}{"closed": {closed, rows[0].Calls}, "open": {open, rows[2].Calls}} {
		n, free := 0, time.Duration(0)
		for trip := range loop.trips {
			if trip.Start < max(trip.Due, free) || trip.End < trip.Start+serves {
				t.Errorf("%s loop, call %d: %v, and the server was free at %v", name, n, trip, free)
			}
			n, free = n+1, trip.End
		}
		if n != loop.calls {
			t.Errorf("%s loop: %d trips, but Omission counts %d", name, n, loop.calls)
		}
		for range loop.trips { // and it can be left
			break
		}
	}
}
