package advise

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/workload"
)

func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	fleet.Main(workload.Funcs())
	os.Setenv(fleet.Role, "1")
	os.Exit(m.Run())
}

func TestExplore(t *testing.T) {
	ctx := context.Background()
	start := time.Now()
	c, held, err := Validate(ctx, fleet.Config{Funcs: workload.Funcs(), Worker: []string{os.Args[0]}}, Options{Rounds: 3, Long: 100 * time.Millisecond, Patience: time.Minute / 2, Seed: 78}, 36)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range c.Levels {
		b, _ := json.Marshal(l)
		fmt.Println(string(b))
	}
	WriteHeld(os.Stdout, held)
	fmt.Println(time.Since(start))
}
