package process_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/process"
)

// A worker that is at a long task, with the next one read already, sees all the same that its
// caller is gone.
func TestCallerGoesBehindTheNextSlice(t *testing.T) {
	r, w := io.Pipe()
	began := make(chan struct{}, 2)
	served := make(chan error, 1)
	go func() { // ends with r, of which the test waits
		served <- process.Serve(context.Background(), r, io.Discard, &levels.Serial{Funcs: levels.Funcs{
			"wait": func(ctx context.Context, _ []byte) ([]byte, error) {
				began <- struct{}{}
				<-ctx.Done()
				return nil, context.Cause(ctx)
			},
		}})
	}()
	slices := wire.NewWriter(w)
	for range 2 {
		if err := slices.Tasks([]levels.Task{{Func: "wait"}}); err != nil { // of a pipe: it is read
			t.Fatal(err)
		}
	}
	<-began
	w.Close()
	select {
	case err := <-served:
		if err != nil || len(began) > 0 {
			t.Errorf("served: %v; the next slice was begun %d times, for nobody", err, len(began))
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it waits for its task, whose caller is gone")
	}
}

// Such a worker also tells why, if the connection breaks: that error comes once, and then an end.
func TestReadErrorBehindTheNextSlice(t *testing.T) {
	var two bytes.Buffer
	slices := wire.NewWriter(&two)
	for range 2 {
		if err := slices.Tasks([]levels.Task{{Func: "wait"}}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, late := context.WithTimeoutCause(t.Context(), 20*time.Second, errors.New("it waits for its task"))
	defer late()
	err := process.Serve(ctx, io.MultiReader(&two, &breaking{}), io.Discard, &levels.Serial{Funcs: levels.Funcs{
		"wait": func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		},
	}})
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v, %v; want %v", err, context.Cause(ctx), syscall.ECONNRESET)
	}
}

// breaking is the end of a connection that breaks.
type breaking struct{ told bool }

func (b *breaking) Read([]byte) (int, error) {
	if b.told {
		return 0, io.EOF
	}
	b.told = true
	return 0, syscall.ECONNRESET
}
