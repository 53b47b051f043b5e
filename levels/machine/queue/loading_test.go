package queue_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// lines passes on what is logged.
type lines chan string

func (l lines) Write(text []byte) (int, error) {
	l <- string(text)
	return len(text), nil
}

// Whoever opens a queue while Redis reads its data waits, is told so once, and goes on. The next
// time that it does, one is told again.
func TestLoading(t *testing.T) {
	m := miniredis.NewMiniRedis()
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	was, told := slog.Default(), make(lines, 100)
	slog.SetDefault(slog.New(slog.NewTextHandler(told, nil)))
	defer slog.SetDefault(was)
	for range 2 {
		m.SetError("LOADING Redis is loading the dataset in memory")
		opened := make(chan error)
		go func() { opened <- openAndClose(t, m) }() // received below
		select {
		case line := <-told:
			if !strings.Contains(line, "Redis at "+m.Addr()+" is loading its dataset: waiting") {
				t.Errorf("told %q", line)
			}
		case err := <-opened:
			t.Fatalf("opened before it was told: %v", err)
		}
		m.SetError("")
		if err := <-opened; err != nil {
			t.Error(err)
		}
		if n := len(told); n > 0 {
			t.Errorf("told %d times more", n)
		}
	}
}

func openAndClose(t *testing.T, m *miniredis.Miniredis) error {
	q, err := queue.Open(t.Context(), "redis://"+m.Addr(), queue.Config{Name: "loading"})
	if err != nil {
		return err
	}
	return q.Close()
}
