package probe

import (
	"context"
	"fmt"
	"go/version"
	"os/exec"
	"strings"
)

// The oldest Go that builds the suite, and how many open files its largest
// benchmark needs: 10,000 fetches at once, a socket each, and some room.
const (
	oldestGo  = "go1.26.0"
	wantFiles = 10_500
)

// checkGo judges what go version said.
func checkGo(said string, err error) Check {
	c := Check{Name: "go", Do: "install Go " + oldestGo[2:] + " or newer, see https://go.dev/dl"}
	if err != nil {
		c.Verdict, c.Found = Bad, err.Error()
		return c
	}
	fields := strings.Fields(said) // "go version go1.26.0 linux/amd64"
	if c.Found = said; len(fields) > 2 {
		c.Found = fields[2]
	}
	switch {
	case !version.IsValid(c.Found):
		c.Verdict = Warn
	case version.Compare(c.Found, oldestGo) < 0:
		c.Verdict = Bad
	default:
		c.Do = ""
	}
	return c
}

// checkCompiler answers a judge of what go env CGO_ENABLED CC said. A C
// compiler is for the race detector, except on darwin, which needs none.
func checkCompiler(goos string) func(said string, err error) Check {
	return func(said string, err error) Check {
		c := Check{Name: "C compiler", Verdict: Warn, Do: "to use go test -race, install gcc or clang and leave CGO_ENABLED alone"}
		enabled, compiler, _ := strings.Cut(said, "\n")
		command, _, _ := strings.Cut(strings.TrimSpace(compiler), " ") // without its flags
		found, notFound := exec.LookPath(command)
		switch {
		case goos == "darwin":
			return Check{Name: c.Name, Found: "not needed here"}
		case err != nil:
			c.Found = err.Error()
		case notFound != nil:
			c.Found = notFound.Error()
		case strings.TrimSpace(enabled) != "1":
			c.Found = "CGO_ENABLED=" + enabled
		default:
			return Check{Name: c.Name, Found: found}
		}
		return c
	}
}

// checkStore looks for a server that can be started for a run.
func checkStore(ctx context.Context) Check {
	c := Check{Name: "redis", Verdict: Warn, Do: "install Redis or Valkey, or name a server by REDIS_URL; else a slower stand-in is used"}
	for _, server := range []string{"redis-server", "valkey-server"} {
		path, err := exec.LookPath(server)
		if err != nil {
			continue
		}
		said, err := ask(ctx, path, "--version")
		if err != nil {
			c.Found = err.Error()
			continue
		}
		return Check{Name: c.Name, Found: server + " " + serverVersion(said)}
	}
	if c.Found == "" {
		c.Found = "neither redis-server nor valkey-server on PATH"
	}
	return c
}

// serverVersion picks the version from "Redis server v=7.0.15 sha=... bits=64".
func serverVersion(said string) string {
	for field := range strings.FieldsSeq(said) {
		if v, ok := strings.CutPrefix(field, "v="); ok {
			return v
		}
	}
	return fmt.Sprintf("%.40q", said)
}

// checkGit judges what git --version said.
func checkGit(said string, err error) Check {
	if err != nil {
		return Check{"git", Warn, err.Error(), "install git, or runs do not say which commit they measured"}
	}
	return Check{Name: "git", Found: strings.TrimPrefix(said, "git version ")}
}

// checkFiles judges the limit of open files.
func checkFiles(limit uint64, limited bool) Check {
	c := Check{Name: "open files", Found: fmt.Sprint(limit)}
	switch {
	case !limited || limit >= 1<<62:
		c.Found = "no limit"
	case limit < wantFiles:
		c.Verdict, c.Do = Warn, fmt.Sprintf("raise it (ulimit -Hn %d) for 10,000 fetches at once", wantFiles)
	}
	return c
}

// checkQuota judges how much of cpus the cgroup may use.
func checkQuota(allowed float64, known bool, cpus int) Check {
	c := Check{Name: "CPU quota", Found: "none"}
	switch {
	case !known:
		c.Found = "none that can be read"
	case allowed > 0 && allowed < float64(cpus):
		c.Verdict, c.Found = Warn, fmt.Sprintf("%.3g of %d CPUs", allowed, cpus)
		c.Do = "lift the quota of the container: at its end all threads stop, and latencies show that instead"
	case allowed > 0:
		c.Found = fmt.Sprintf("%.3g CPUs, not less than the %d there are", allowed, cpus)
	}
	return c
}
