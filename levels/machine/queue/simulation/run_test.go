package simulation

import (
	"flag"
	"strings"
	"testing"
	"time"
)

var schedules = flag.Int("schedules", 30, "simulate so many seeds of 10,000 jobs each")

// No acknowledged job is lost, none has two outcomes, and every run more than one has its
// cause, whatever fails. And all that can fail did, somewhere.
func TestPromisesHold(t *testing.T) {
	var counts Counts
	var sometimes Sometimes
	var simulated time.Duration
	for seed := range uint64(*schedules) {
		s := Run(Config{Seed: seed})
		if err := s.Err(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		counts.add(s.Counts)
		simulated += s.Simulated
		for f, n := range s.Sometimes {
			sometimes[f] += n
		}
	}
	t.Logf("%d schedules, %v simulated: %v", *schedules, simulated.Round(time.Second), counts)
	for f, n := range sometimes {
		t.Logf("%9d %s", n, Fault(f))
	}
	if err := sometimes.Err(); err != nil {
		t.Error(err)
	}
}

// A fault that never fires shows nothing.
func TestSilentFaultIsFound(t *testing.T) {
	var s Sometimes
	for f := range s {
		s[f] = 1
	}
	if err := s.Err(); err != nil {
		t.Error(err)
	}
	for f := range s {
		s[f] = 0
		if err := s.Err(); err == nil || !strings.HasSuffix(err.Error(), Fault(f).String()) {
			t.Errorf("%v never happened: %v", Fault(f), err)
		}
		s[f] = 1
	}
}

func TestSameSeedSameStory(t *testing.T) {
	hashes := map[uint64]uint64{}
	for seed := range uint64(3) {
		a, b := Run(Config{Seed: seed, Jobs: 2000}), Run(Config{Seed: seed, Jobs: 2000})
		if a != b {
			t.Errorf("seed %d told two stories:\n%+v\n%+v", seed, a, b)
		}
		if other, known := hashes[a.Hash]; known {
			t.Errorf("seeds %d and %d tell the same story", seed, other)
		}
		hashes[a.Hash] = seed
	}
}

// Each of the broken queues is found within the seeds by which the sound one is not.
func TestBrokenQueuesAreFound(t *testing.T) {
	const seeds = 30
	for broken := Sound; broken <= GiveBackCosts; broken++ {
		var err error
		seed := uint64(0)
		for ; seed < seeds && err == nil; seed++ {
			err = Run(Config{Seed: seed, Jobs: 2000, Broken: broken}).Err()
		}
		t.Logf("%-17v after %d schedules: %v", broken, seed, err)
		if (err != nil) == (broken == Sound) {
			t.Errorf("%v, after %d schedules: %v", broken, seed, err)
		}
	}
}
