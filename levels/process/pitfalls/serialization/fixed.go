package serialization

// fixed sends the question, not the data: the worker has had the numbers since it started.
func fixed(ask func(Question) (float64, error), numbers []float64, from, to int) (float64, error) {
	return ask(Question{From: from, To: to})
}
