package simulation

import (
	"strconv"
	"sync"
)

// A label is what a job's number looks like as text: its id, with a record or without, and
// what its handler returns.
type label struct{ plain, recorded, result string }

// labels are the same in all stories, so they are made once.
var labels struct {
	sync.Mutex
	all []label
}

func labelsOf(jobs int) []label {
	labels.Lock()
	defer labels.Unlock()
	for n := len(labels.all); n < jobs; n++ {
		text := strconv.Itoa(n)
		labels.all = append(labels.all, label{"~" + strconv.Itoa(n/64) + "." + text, "t" + text, "o" + text})
	}
	return labels.all[:jobs]
}
