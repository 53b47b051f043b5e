// Package workload is what the tasks do, the same at every level: six kinds of
// work, each with one reason to be slow.
//
// A worker needs [Funcs] and nothing else. All that a task needs travels in
// its input, because a worker may be another process or another machine.
//
// Whoever hands out the tasks needs a [Workload], which [Find] returns: it
// makes the inputs, and it checks that the work was really done. Sizes are
// rounds or bytes, never time, so that a busy machine does the same work as an
// idle one.
//
// Two of the six fetch over HTTP, from an origin: a server in a process of its
// own, which package workload/origin provides.
package workload

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/url"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// Funcs returns a fresh map of the functions that do the work, each under the
// name of its [Workload], and that of [Mix].
func Funcs() levels.Funcs {
	fs := levels.Funcs{
		"empty": echo,
		"cpu":   chain,
		"bytes": echo,
		"skew":  chain,
		"mix":   mix,
	}
	for name, then := range Fetching() {
		fs[name] = Get(then)
	}
	return fs
}

// Fetching returns, by name, what those of [Funcs] that fetch make of the body, as for
// [Get]. A level with a fetch of its own needs no more.
func Fetching() map[string]func(ctx context.Context, input, body []byte) (output []byte, err error) {
	return map[string]func(context.Context, []byte, []byte) ([]byte, error){"io": nil, "words": countBody}
}

// Names returns the names of all workloads, the simplest first.
func Names() []string { return []string{"empty", "cpu", "io", "words", "bytes", "skew"} }

// MaxLatency is the longest that an origin can be asked to wait.
const MaxLatency = 10 * time.Second

// An Env is what inputs are made from. The zero Env is enough for all
// workloads that fetch nothing: empty, cpu, bytes, skew.
type Env struct {
	Origin  string        // URL of an origin, as in "http://127.0.0.1:8080"; io and words need one
	Corpus  *Corpus       // the corpus that the origin serves; words needs it to check the counts
	Latency time.Duration // asked of the origin for each fetch, up to MaxLatency; 0 means none
	Sample  int           // distinct pages that words visits; 0, or more than there are, means all
	Seed    uint64        // another seed makes other inputs; 0 is a seed like any other
}

// A Workload makes tasks that are slow for one reason, and checks what became
// of them. Its functions may be called concurrently.
type Workload struct {
	Name  string // also the name of the function in [Funcs]
	About string // the one reason to be slow, as a sentence

	// Input returns the input of the i-th task; i counts from 0. Size is in
	// rounds or bytes, and 0 means the default below. It is the same bytes
	// each time, and the caller's to keep.
	Input func(i, size int) []byte

	// Check returns nil if output is right for input. The first check of an
	// input may cost as much as the task, or a file to read; later ones are
	// cheap, because what was once found right is remembered.
	Check func(input, output []byte) error

	Distinct int  // number of distinct inputs: Input(i) equals Input(i % Distinct)
	Size     int  // the default size; 0 where size has no meaning
	Waits    bool // tasks mostly wait: a level may keep more of them in flight than there are cores
}

// Task returns the i-th task. Size is as for Input.
func (w Workload) Task(i, size int) levels.Task {
	return levels.Task{Func: w.Name, Input: w.Input(i, size)}
}

// Find returns the workload of the given name. It fails if there is none, or
// if env lacks what this one needs. It asks nothing of the origin yet.
func Find(name string, env Env) (Workload, error) {
	w, err := find(name, env)
	if err != nil {
		return Workload{}, err
	}
	input, distinct, standard := w.Input, w.Distinct, w.Size
	w.Input = func(i, size int) []byte {
		if size <= 0 {
			size = standard
		}
		return input(i%distinct, size)
	}
	return w, nil
}

func find(name string, env Env) (Workload, error) {
	switch name {
	case "empty":
		return emptyWork(), nil
	case "cpu":
		return cpuWork(env.Seed), nil
	case "io":
		return ioWork(env)
	case "words":
		return wordsWork(env)
	case "bytes":
		return bytesWork(env.Seed), nil
	case "skew":
		return skewWork(env.Seed), nil
	}
	return Workload{}, fmt.Errorf("no workload is called %.80q: choose one of %s", name, strings.Join(Names(), ", "))
}

// origin returns the URL of env's origin without a slash at its end.
func (env Env) origin(name string) (string, error) {
	if env.Origin == "" {
		return "", fmt.Errorf("workload %s fetches from an origin: start one, and set Env.Origin to its URL", name)
	}
	u, err := url.Parse(env.Origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("workload %s: origin %.200q is not a URL like http://127.0.0.1:8080", name, env.Origin)
	}
	if env.Latency < 0 || env.Latency > MaxLatency {
		return "", fmt.Errorf("workload %s: latency %v is not within 0s and %v", name, env.Latency, MaxLatency)
	}
	return strings.TrimRight(env.Origin, "/"), nil
}

// Checksum returns one number for all outputs, their order and lengths
// included. Over the outputs of the tasks 0 to Distinct-1 it must be equal at
// every level, or the measurement is invalid.
func Checksum(outputs [][]byte) uint32 {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	for _, output := range outputs {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(output))))
		sum.Write(output)
	}
	return sum.Sum32()
}
