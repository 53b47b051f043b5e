// Package pool does tasks in worker processes. This is the only file that you change.
package pool

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// A Pool does tasks in worker processes.
type Pool struct{ workers []*Worker }

// Open makes a pool of n workers. They stay until Close.
func Open(n int, start func() (*Worker, error)) (*Pool, error) {
	p := &Pool{}
	for range n {
		w, err := start()
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.workers = append(p.workers, w)
	}
	return p, nil
}

// chunk is how many tasks go to a worker at a time.
const chunk = 256

// Map does all tasks, and returns their answers in the same order. If a worker dies, it
// returns an error.
func (p *Pool) Map(tasks []uint64) ([]uint64, error) {
	answers := make([]uint64, len(tasks))
	errs := make([]error, len(p.workers))
	var taken atomic.Int64 // tasks
	var wg sync.WaitGroup
	for i, w := range p.workers {
		wg.Go(func() {
			for errs[i] == nil {
				from := int(taken.Add(chunk)) - chunk
				if from >= len(tasks) {
					return
				}
				to := min(from+chunk, len(tasks))
				errs[i] = ask(w, tasks[from:to], answers[from:to])
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return answers, nil
}

// ask sends a chunk, and reads its answers.
func ask(w *Worker, tasks, answers []uint64) error {
	if err := send(w.In, tasks); err != nil {
		return err
	}
	got, err := receive(w.Out)
	if err == nil && copy(answers, got) != len(tasks) {
		err = errors.New("answers are missing")
	}
	return err
}

// Close lets all workers go.
func (p *Pool) Close() (err error) {
	for _, w := range p.workers {
		err = errors.Join(err, w.Stop())
	}
	return err
}

// Work is what each worker process runs: it does what comes through in, and answers
// through out, until in ends.
func Work(in io.Reader, out io.Writer, do func(task uint64) uint64) error {
	for {
		chunk, err := receive(in)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i, task := range chunk {
			chunk[i] = do(task)
		}
		if err := send(out, chunk); err != nil {
			return err
		}
	}
}

// send writes how many numbers there are, in four bytes, and each in eight: all at once.
func send(w io.Writer, numbers []uint64) error {
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(numbers)))
	frame, err := binary.Append(frame, binary.LittleEndian, numbers)
	if err == nil {
		_, err = w.Write(frame)
	}
	return err
}

func receive(r io.Reader) ([]uint64, error) {
	var n uint32
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return nil, err
	}
	numbers := make([]uint64, n)
	return numbers, binary.Read(r, binary.LittleEndian, numbers)
}
