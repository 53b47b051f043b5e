package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A duplex is two files as one connection.
type duplex struct {
	io.ReadCloser
	w io.WriteCloser
}

func (d duplex) Write(b []byte) (int, error) { return d.w.Write(b) }

func (d duplex) Close() error { return errors.Join(d.w.Close(), d.ReadCloser.Close()) }

// rpcLinks is a service of net/rpc that does many tasks in a call.
type rpcLinks struct{}

// Run is the method; its signature is what net/rpc wants.
func (rpcLinks) Run(inputs [][]byte, outputs *[][]byte) error {
	*outputs = make([][]byte, len(inputs))
	for i, input := range inputs {
		output, err := runLinks(input)
		if err != nil {
			return err
		}
		(*outputs)[i] = output
	}
	return nil
}

func serveRPC() error {
	server := rpc.NewServer()
	if err := server.RegisterName("links", rpcLinks{}); err != nil {
		return err
	}
	server.ServeConn(duplex{os.Stdin, os.Stdout})
	return nil
}

// An rpcPool is what a program might do in place of a pool: two processes,
// net/rpc over their pipes, and a batch cut in advance. It is given its best:
// equal tasks, so that halves are in balance; only the inputs travel, and not a
// name with each; and the better counts of one call to each worker, and of
// eight that are all under way at once, so that one is encoded while another
// is worked on.
type rpcPool struct {
	workers []*child.Process
	clients []*rpc.Client
	calls   int // to each worker
}

func openRPC(workers, calls int) (*rpcPool, error) {
	p := &rpcPool{calls: calls}
	for range workers {
		worker, err := startAs("rpc")
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.workers = append(p.workers, worker)
		p.clients = append(p.clients, rpc.NewClient(duplex{worker.Stdout, worker.Stdin}))
	}
	return p, nil
}

func (p *rpcPool) run(tasks []levels.Task) ([][]byte, error) {
	slices := p.calls * len(p.clients)
	replies := make([][][]byte, slices)
	done := make(chan *rpc.Call, slices)
	for i := range slices {
		from, to := i*len(tasks)/slices, (i+1)*len(tasks)/slices
		inputs := make([][]byte, 0, to-from)
		for _, t := range tasks[from:to] {
			inputs = append(inputs, t.Input)
		}
		p.clients[i%len(p.clients)].Go("links.Run", inputs, &replies[i], done)
	}
	for range slices {
		if call := <-done; call.Error != nil {
			return nil, call.Error
		}
	}
	outputs := make([][]byte, 0, len(tasks))
	for _, reply := range replies {
		outputs = append(outputs, reply...)
	}
	return outputs, nil
}

func (p *rpcPool) close() error {
	var errs []error
	for i, worker := range p.workers {
		errs = append(errs, p.clients[i].Close(), worker.Stop(grace))
	}
	return errors.Join(errs...)
}

func rpcMETG(calls int, s scale) contestant {
	return contestant{fmt.Sprintf("rpc %d", calls), func(ctx context.Context) (values []float64, err error) {
		p, err := openRPC(metgProcesses, calls)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, p.close()) }()
		warm, _ := linksBatch(s.batch, 1000)
		if _, err := p.run(warm); err != nil {
			return nil, err
		}
		return measureSweep(ctx, s, longest, p.run)
	}}
}
