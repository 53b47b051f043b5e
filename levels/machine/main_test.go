package machine_test

import (
	"os"
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// roles are what the test binary is for its own tests, by the variable that says so.
var roles = map[string]func(value string) int{}

func TestMain(m *testing.M) {
	for variable, role := range roles {
		if value := os.Getenv(variable); value != "" {
			os.Exit(role(value))
		}
	}
	storetest.Main(m)
}
