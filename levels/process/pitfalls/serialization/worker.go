package serialization

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A Question is for the sum of numbers, which come with it, or else of a window of those
// that the worker has. It crosses the pipe as JSON, as does the answer.
type Question struct {
	Numbers  []float64 `json:",omitempty"`
	From, To int
}

// window is how many numbers a question is about: 1 MiB of float64.
const window = 1 << 20 / 8

// load stands for a file that both processes read when they start.
func load() []float64 {
	random := rand.New(rand.NewPCG(2019, 7))
	numbers := make([]float64, 2*window)
	for i := range numbers {
		numbers[i] = random.Float64()
	}
	return numbers
}

// work is the worker process. It ends with its standard input.
func work([]string) error {
	own := load()
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var q Question
		if err := in.Decode(&q); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if q.Numbers == nil {
			q.Numbers = own[q.From:q.To]
		}
		if err := out.Encode(sum(q.Numbers)); err != nil {
			return err
		}
	}
}

func sum(numbers []float64) (sum float64) {
	for _, n := range numbers {
		sum += n
	}
	return sum
}

// hire starts the worker, and returns how to ask it, and how to let it go.
func hire() (ask func(Question) (float64, error), dismiss func() error, err error) {
	p, err := child.Start(pitfall.Helper(id, "worker"))
	if err != nil {
		return nil, nil, err
	}
	in, out := json.NewDecoder(p.Stdout), json.NewEncoder(p.Stdin)
	ask = func(q Question) (answer float64, err error) {
		if err = out.Encode(q); err == nil {
			err = in.Decode(&answer)
		}
		return answer, err
	}
	return ask, func() error { return p.Stop(5 * time.Second) }, nil
}
