package levels

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// JSON makes a [Func] of a function with types of its own. Input that is not
// the JSON of an In fails the task before f is called.
func JSON[In, Out any](f func(context.Context, In) (Out, error)) Func {
	return func(ctx context.Context, input []byte) ([]byte, error) {
		var in In
		if err := json.Unmarshal(input, &in); err != nil {
			return nil, fmt.Errorf("decode input: %w", err)
		}
		out, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		output, err := json.Marshal(out)
		if err != nil {
			return nil, fmt.Errorf("encode output: %w", err)
		}
		return output, nil
	}
}

// Map calls the [JSON] function of the given name on every input, as one
// batch, and returns output i for input i. The error joins those of the inputs
// that failed, each with its number; the outputs of the others are valid. An
// input that cannot be encoded fails all: then nothing is run.
func Map[In, Out any](ctx context.Context, l Level, name string, inputs []In) ([]Out, error) {
	tasks := make([]Task, len(inputs))
	for i, in := range inputs {
		input, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("encode input %d: %w", i, err)
		}
		tasks[i] = Task{name, input}
	}
	outputs, errs := make([]Out, len(inputs)), make([]error, len(inputs))
	for i, r := range l.Run(ctx, tasks) {
		if r.Err != nil {
			errs[i] = fmt.Errorf("input %d: %w", i, r.Err)
		} else if err := json.Unmarshal(r.Output, &outputs[i]); err != nil {
			errs[i] = fmt.Errorf("decode output %d: %w", i, err)
		}
	}
	return outputs, errors.Join(errs...)
}
