package workload

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// standardLibrary returns the folder of the standard library's source, and a
// name for it. It asks ask, which knows the Go that is installed. Without an
// answer it takes builtin, the GOROOT of the Go that built this program.
func standardLibrary(ask func() (root, version string, err error), builtin string) (dir, name string, err error) {
	root, version, err := ask()
	if err != nil {
		root, version = builtin, runtime.Version()
	}
	if root == "" {
		return "", "", fmt.Errorf("default corpus: no Go installation was found (%w): install Go, or name a folder of text", err)
	}
	return filepath.Join(root, "src"), release(version) + "/src", nil
}

// askGo asks the go command on PATH. It must not answer for another version
// that the module in the working directory would have it download.
func askGo() (root, version string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT", "GOVERSION")
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local")
	out, err := cmd.Output()
	if err != nil {
		return "", "", fmt.Errorf("go env: %w", err)
	}
	root, version, _ = strings.Cut(string(out), "\n")
	if root = strings.TrimSpace(root); root == "" {
		return "", "", errors.New("go env: it knows no GOROOT")
	}
	return root, version, nil
}

// release returns the part of version that names the release: versions may go
// on with experiments, or with a date.
func release(version string) string {
	for _, field := range strings.Fields(version) {
		if strings.HasPrefix(field, "go") {
			return field
		}
	}
	return "go"
}
