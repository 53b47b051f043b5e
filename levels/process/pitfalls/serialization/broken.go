package serialization

// broken asks the worker process for the sum of numbers[from:to].
func broken(ask func(Question) (float64, error), numbers []float64, from, to int) (float64, error) {
	return ask(Question{Numbers: numbers[from:to]}) // WRONG: a megabyte, as text, each time
}
