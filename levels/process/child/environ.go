package child

import (
	"os"
	"strings"
)

// Environ is the part of this process' environment that any program may have: what
// programs need to run, and the settings of the Go runtime. Secrets of whoever started
// this process, and of those who started that, stay here.
func Environ() []string {
	env := []string{}
	for _, kv := range os.Environ() {
		key, _, _ := strings.Cut(kv, "=")
		switch key {
		case "PATH", "HOME", "TMPDIR", "TMP", "TEMP", "LANG", "SystemRoot", "USERPROFILE", "LOCALAPPDATA",
			"GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GODEBUG", "GORACE", "GOTRACEBACK", "GOCOVERDIR", "GOROOT":
			env = append(env, kv)
		}
	}
	return env
}
