package spawnpertask

import "errors"

// broken makes a service of worker processes: how to do a task, and how to close it.
func broken(start func() (*Worker, error)) (do Do, stop func() error, err error) {
	do = func(task uint64) (uint64, error) {
		w, err := start() // WRONG: each task makes and unmakes a process
		if err != nil {
			return 0, err
		}
		answer, err := w.Do(task)
		return answer, errors.Join(err, w.Stop())
	}
	return do, func() error { return nil }, nil
}
