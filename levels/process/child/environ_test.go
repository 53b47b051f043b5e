package child

import (
	"slices"
	"strings"
	"testing"
)

// What a program needs it gets; what is nobody's business but this process' it does not.
func TestEnviron(t *testing.T) {
	t.Setenv("GOGC", "123")
	for _, name := range []string{"REDIS_URL", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "GOFLAGS", "LD_PRELOAD"} {
		t.Setenv(name, "CANARY-7f3a")
	}
	env := Environ()
	if !slices.Contains(env, "GOGC=123") || strings.Contains(strings.Join(env, "\n"), "CANARY") {
		t.Errorf("have %q", env)
	}
	t.Setenv("PATH", "")
	if !slices.Contains(Environ(), "PATH=") {
		t.Error("a variable that is set to nothing is missing")
	}
}
