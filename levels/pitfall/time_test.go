package pitfall_test

import (
	"errors"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

func TestTimeIsThatOfOneRun(t *testing.T) {
	runs := 0
	begin := time.Now()
	took, err := pitfall.Time(func() error {
		runs++
		time.Sleep(time.Millisecond)
		return nil
	})
	all := time.Since(begin)
	if err != nil || took < time.Millisecond || time.Duration(runs)*took > all || all < 20*time.Millisecond {
		t.Errorf("%d runs in %v: %v each, %v", runs, all, took, err)
	}
}

func TestTimeEndsWithAnError(t *testing.T) {
	broke := errors.New("broke")
	runs := 0
	if _, err := pitfall.Time(func() error { runs++; return broke }); !errors.Is(err, broke) || runs != 1 {
		t.Errorf("%d runs, and %v", runs, err)
	}
}
