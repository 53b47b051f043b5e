package report

// A lesson is what theory says about a workload. Its texts are parts of a
// sentence, and are meant to be read aloud; see verdict.
type lesson struct {
	work    string
	about   string   // under which the table stands
	wins    []string // levels that should win
	most    bool     // so may whoever has the most tasks at once
	usually string   // names them, when another wins
	because string   // why they should win
	look    string   // where to look when they do not
}

var lessons = []lesson{{
	work:    "empty",
	about:   "nothing to do: the price of handing over a task",
	wins:    []string{"serial"},
	usually: "serial usually wins",
	because: "an empty task is all hand-over and no level is cheaper than a plain call; " +
		"the order of the others is the price of their hand-over",
	look: "the batch, since tasks handed over by the hundred share the price of one hand-over",
}, {
	work:    "cpu",
	about:   "computing: the cores are the limit",
	wins:    []string{"machine", "process", "thread", "async"},
	usually: "any level above serial usually wins",
	because: "computing is limited by the cores, so every level that keeps all cores busy " +
		"comes near to as many times serial as there are cores; what differs is the CPU and memory it pays",
	look: "the grain, since a task that is smaller than its hand-over does not pay for it, " +
		"and at the cores: with one there is nothing to gain",
}, {
	work:    "io",
	about:   "waiting: one fetch over HTTP",
	wins:    []string{"async"},
	most:    true,
	usually: "async usually wins",
	because: "the tasks only wait, so whoever keeps the most of them in flight wins, " +
		"and a waiting goroutine costs kilobytes where a thread or a process costs far more",
	look: "how many tasks each row had at once, and whether the origin was the limit",
}, {
	work:    "words",
	about:   "waiting and computing: fetch a page, count its words",
	wins:    []string{"async"},
	most:    true,
	usually: "async usually wins",
	because: "fetching is waiting and counting is computing, so it takes many tasks in flight to hide the wait " +
		"and every core to count, and goroutines have both, in one memory",
	look: "the memory of each row, since shared memory is also collected together, and at how many tasks each had at once",
}, {
	work:    "bytes",
	about:   "moving data: the copies are the limit",
	wins:    []string{"serial", "thread", "async"},
	usually: "a level that shares memory usually wins",
	because: "the work is copying; inside one memory a task is handed over by reference, " +
		"while a process or a machine copies it through the kernel on the way there and back",
	look: "the size of a task, since small ones measure the hand-over instead",
}, {
	work:    "skew",
	about:   "imbalance: a few tasks are far longer than the others",
	wins:    []string{"thread", "async"},
	usually: "thread or async usually wins",
	because: "balance is what counts, and workers that take tasks one by one, at little cost, " +
		"do not stand idle behind the longest one",
	look: "how many tasks a worker takes at a time, and at the number of rounds, since a heavy tail needs many",
}}

// lessonOf returns the lesson of a workload; of an unknown one, an empty lesson.
func lessonOf(work string) lesson {
	for _, l := range lessons {
		if l.work == work {
			return l
		}
	}
	return lesson{}
}
