package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// A fetchJob is what a process is to measure. Each measure has a process of its own:
// it begins with no connections, no goroutines, and an empty heap.
type fetchJob struct {
	Fetcher  string
	Origin   string
	Measure  string // which of fetchMeasures
	Fetches  int
	InFlight int
	Latency  time.Duration
}

// fetchMeasures are what a process can be asked to measure.
var fetchMeasures = map[string]func(ctx context.Context, j fetchJob) ([]float64, error){
	"burst":  measureBurst,
	"rate":   measureRate,
	"memory": measureMemory,
}

const fetchJobVariable = "PEERS_FETCH_JOB"

// fetching is a contestant that has a process do a job, with an origin that is
// there for it alone.
func fetching(f fetcher, j fetchJob) contestant {
	j.Fetcher = f.name
	j.InFlight /= max(f.part, 1)
	return contestant{f.name, func(ctx context.Context) ([]float64, error) {
		return withOrigin(func(url string) ([]float64, error) {
			j.Origin = url
			return j.inProcess(ctx)
		})
	}}
}

func (j fetchJob) inProcess(ctx context.Context) (values []float64, err error) {
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), processRole+"=fetch", fetchJobVariable+"="+string(text))
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("%w: %.1000s", err, exit.Stderr)
	}
	if err != nil {
		return nil, err
	}
	return values, json.Unmarshal(out, &values)
}

// fetch is the life of such a process.
func fetch() error {
	var j fetchJob
	if err := json.Unmarshal([]byte(os.Getenv(fetchJobVariable)), &j); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	values, err := fetchMeasures[j.Measure](ctx, j)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(values)
}

// withFetcher runs f with a level that has as many open connections as it may
// have tasks in flight.
func withFetcher(ctx context.Context, j fetchJob, inFlight int, f func(l levels.Level) error) (err error) {
	l, err := j.open(inFlight)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := holding(ctx, l, j, inFlight, func() error { return nil }); err != nil {
		return err
	}
	return f(l)
}

// holding runs f while n fetches are in flight: the origin has them all, and
// answers none before f has returned.
func holding(ctx context.Context, l levels.Level, j fetchJob, n int, f func() error) error {
	var fetches sync.WaitGroup
	var held error
	fetches.Go(func() { held = checkPages(l.Run(ctx, pageTasks(j, n, "held"))) })
	err := until(ctx, "fetches in flight", func() (bool, error) {
		now, _, err := originState(ctx, j)
		return now >= n, err
	})
	if err == nil {
		err = f()
	}
	_, released := askOrigin(ctx, j, "/release")
	fetches.Wait()
	return errors.Join(err, released, held)
}

// pageTasks are fetches of pages, one after another.
func pageTasks(j fetchJob, n int, wait string) []levels.Task {
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i] = levels.Task{Func: "page", Input: fmt.Appendf(nil, "%s/%d/%s", j.Origin, i, wait)}
	}
	return tasks
}

func checkPages(results []levels.Result) error {
	sums := make([][]byte, pageKind)
	for i := range sums {
		sums[i] = pageSum(page(i))
	}
	for i, r := range results {
		if r.Err != nil {
			return fmt.Errorf("fetch %d: %w", i, r.Err)
		}
		if !bytes.Equal(r.Output, sums[i%pageKind]) {
			return fmt.Errorf("fetch %d brings %.80q, want %q", i, r.Output, sums[i%pageKind])
		}
	}
	return nil
}

// timedFetches returns the seconds of a job's fetches over open connections: that
// hardly any other was opened is checked. Some may be, for net/http gives a
// connection up whose request was answered 50 ms before its writer got to say that it
// was sent, which a busy machine does to it.
func timedFetches(ctx context.Context, l levels.Level, j fetchJob, latency time.Duration) (float64, error) {
	tasks := pageTasks(j, j.Fetches, latency.String())
	_, before, err := originState(ctx, j)
	if err != nil {
		return 0, err
	}
	runtime.GC()
	begun := time.Now()
	results := l.Run(ctx, tasks)
	seconds := time.Since(begun).Seconds()
	_, after, err := originState(ctx, j)
	if opened := after - before; err == nil && opened > j.Fetches/20 {
		err = fmt.Errorf("%d fetches opened %d connections while time ran", j.Fetches, opened)
	}
	return seconds, errors.Join(err, checkPages(results))
}

// originState asks how many fetches are held, and how many connections there
// were.
func originState(ctx context.Context, j fetchJob) (held, accepted int, err error) {
	text, err := askOrigin(ctx, j, "/state")
	if err == nil {
		_, err = fmt.Sscan(text, &held, &accepted)
	}
	return held, accepted, err
}

// askOrigin is for what is no fetch, and has a connection of its own.
func askOrigin(ctx context.Context, j fetchJob, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, j.Origin+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := asking.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return strings.TrimSpace(string(text)), err
}

var asking = &http.Client{Transport: &http.Transport{}}
