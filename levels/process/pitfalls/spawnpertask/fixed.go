package spawnpertask

// fixed starts the worker before the first task, and keeps it until the last.
func fixed(start func() (*Worker, error)) (do Do, stop func() error, err error) {
	w, err := start()
	if err != nil {
		return nil, nil, err
	}
	return w.Do, w.Stop, nil
}
