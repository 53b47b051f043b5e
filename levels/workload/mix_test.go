package workload_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels/workload"
)

func TestMix(t *testing.T) {
	run := workload.Funcs()["mix"]
	for _, m := range []workload.Mixture{{}, {Rounds: 10}, {Payload: 5}, {Payload: -1}, {Payload: 8, Seed: 3}, {Rounds: 3, Wait: time.Second, Payload: 100}} {
		synctest.Test(t, func(t *testing.T) {
			w := workload.Mix(m)
			input, start := w.Input(1, 0), time.Now()
			output, err := run(t.Context(), input)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != m.Wait {
				t.Errorf("%+v took %v", m, took)
			}
			if len(output) != 8+max(m.Payload, 0) {
				t.Errorf("%+v has an output of %d bytes", m, len(output))
			}
			if err := w.Check(input, output); err != nil {
				t.Errorf("%+v: %v", m, err)
			}
			for i := range output {
				wrong := bytes.Clone(output)
				wrong[i] ^= 1
				if w.Check(input, wrong) == nil {
					t.Errorf("%+v: byte %d may be wrong", m, i)
				}
			}
			if w.Check(input, output[:len(output)-1]) == nil || w.Check(input[:3], output) == nil {
				t.Errorf("%+v: an output or an input that is too short passes", m)
			}
			if again := w.Input(1+w.Distinct, 0); !bytes.Equal(again, input) {
				t.Errorf("%+v: input %d is not input 1", m, 1+w.Distinct)
			}
		})
	}
}

func TestMixEndsWithCtx(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := errors.New("time to leave")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(leave) })
		start := time.Now()
		input := workload.Mix(workload.Mixture{Wait: time.Hour}).Input(0, 0)
		if _, err := workload.Funcs()["mix"](ctx, input); !errors.Is(err, leave) || time.Since(start) != time.Second {
			t.Errorf("err = %v after %v, want the cause after 1s", err, time.Since(start))
		}
	})
	if _, err := workload.Funcs()["mix"](t.Context(), make([]byte, 23)); err == nil {
		t.Error("a short input is taken")
	}
}
