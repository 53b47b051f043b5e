package peers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// pythonSweep is the benchmark of Python's pools: the same work, the same
// batches, the same sweep. It prints a sweep.
const pythonSweep = `
import json, math, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool

MASK = (1 << 64) - 1

def links(task):
    rounds, x = task
    for _ in range(rounds):
        x ^= x >> 32
        x = (x * 0x9e3779b97f4a7c15 + 0x2545f4914f6cdd1d) & MASK
    return x

def timed(run, batch):
    begun = time.perf_counter()
    outputs = run(batch)
    return time.perf_counter() - begun, outputs

def sweep(run, rounds, tasks, batches, processors, long, enough):
    run([(100, i) for i in range(tasks)])  # and the workers have started
    per_round, points, efficiency = math.inf, [], 0
    while efficiency < enough and rounds <= 1 << 14:  # about a millisecond for a task
        least = math.inf
        for _ in range(batches):
            peak, _ = timed(run, [(long, i) for i in range(processors)])
            seconds, outputs = timed(run, [(rounds, i) for i in range(tasks)])
            per_round, least = min(per_round, peak / long), min(least, seconds)
        check = sum(i * x for i, x in enumerate(outputs, 1)) & MASK
        points.append({"rounds": rounds, "seconds": least, "sum": check})
        efficiency = tasks * rounds * per_round / (least * processors)
        rounds *= 2
    print(json.dumps({"ns_per_round": per_round * 1e9, "points": points}))

if __name__ == "__main__":
    which, processes, enough, *numbers = sys.argv[1:]
    numbers = [int(n) for n in numbers] + [float(enough)]
    if which == "map":
        with Pool(int(processes)) as pool:
            sweep(lambda batch: pool.map(links, batch), *numbers)
    else:
        with ProcessPoolExecutor(int(processes)) as pool:
            sweep(lambda batch: list(pool.map(links, batch, chunksize=1)), *numbers)
`

// pythonMETG starts at tasks of the given rounds. The executor is slow, so it
// gets fewer batches, and longer chains to show its peak.
func pythonMETG(tb testing.TB, which string, rounds int, s scale) contestant {
	script := filepath.Join(tb.TempDir(), "sweep.py")
	if err := os.WriteFile(script, []byte(pythonSweep), 0o600); err != nil {
		tb.Fatal(err)
	}
	batches, long := s.batches, 50_000
	if which == "executor" {
		batches, long = min(batches, 2), 1_000_000
	}
	args := []string{script, which, strconv.Itoa(metgProcesses), fmt.Sprint(enough)}
	for _, n := range []int{rounds, s.batch, batches, processors(metgProcesses), long} {
		args = append(args, strconv.Itoa(n))
	}
	return contestant{which, func(ctx context.Context) ([]float64, error) {
		return checkedSweep(ctx, s.batch, "python3", args)
	}}
}

// checkedSweep has a program do a sweep, and checks the sums of its outputs.
func checkedSweep(ctx context.Context, tasks int, program string, args []string) ([]float64, error) {
	out, err := runSweep(ctx, program, args)
	if err != nil {
		return nil, err
	}
	for _, p := range out.Points {
		if want := linksSum(tasks, p.Rounds); p.Sum != want {
			return nil, fmt.Errorf("tasks of %d rounds have wrong outputs", p.Rounds)
		}
	}
	return []float64{out.metg(tasks)}, nil
}

func runSweep(ctx context.Context, program string, args []string) (out sweep, err error) {
	text, err := exec.CommandContext(ctx, program, args...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return sweep{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return sweep{}, err
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return sweep{}, err
	}
	if len(out.Points) == 0 {
		return sweep{}, fmt.Errorf("%s measured nothing", program)
	}
	return out, nil
}

// linksSum is the sum of the right outputs, each times its place.
func linksSum(tasks int, rounds uint64) (sum uint64) {
	for i := range uint64(tasks) {
		sum += (i + 1) * links(rounds, i)
	}
	return sum
}
