package spawnpertask

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// Do does a task, and returns its answer.
type Do func(task uint64) (answer uint64, err error)

// A Worker is a process that does tasks. Each is a number, and so is its answer.
type Worker struct{ p *child.Process }

// start is what a service of workers is given.
func start() (*Worker, error) {
	p, err := child.Start(pitfall.Helper(id, "worker"))
	return &Worker{p}, err
}

// Do has a task done.
func (w *Worker) Do(task uint64) (answer uint64, err error) {
	if err = binary.Write(w.p.Stdin, binary.LittleEndian, task); err == nil {
		err = binary.Read(w.p.Stdout, binary.LittleEndian, &answer)
	}
	return answer, err
}

// Stop lets the process go, and waits until it has gone.
func (w *Worker) Stop() error { return w.p.Stop(5 * time.Second) }

// work is the worker process. It ends with its standard input.
func work([]string) error {
	for {
		var task uint64
		if err := binary.Read(os.Stdin, binary.LittleEndian, &task); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := binary.Write(os.Stdout, binary.LittleEndian, compute(task)); err != nil {
			return err
		}
	}
}

// compute is a task: some 35 microseconds.
func compute(task uint64) uint64 { return pitfall.Spin(20_000) + task }
