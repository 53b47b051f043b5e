package fullpipes

import (
	"bufio"
	"fmt"
	"io"
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/pitfalltest"
)

func TestMain(m *testing.M) { pitfalltest.Main(m, Pitfall) }

func TestPitfall(t *testing.T) { pitfalltest.Prove(t, Pitfall) }

// Whoever waits for an answer that will never come is let go of, too.
func TestNotClosed(t *testing.T) {
	seen, err := Observe(func(to io.WriteCloser, from io.Reader, lines []string) (answers []string, err error) {
		fmt.Fprintln(to, lines[0])
		in := bufio.NewScanner(from)
		for in.Scan() { // once more than there are answers
			answers = append(answers, in.Text())
		}
		return answers, in.Err()
	})(t.Context())
	if err != nil || seen.Sum(pitfall.Expected) != 1 || seen.Sum(pitfall.Forbidden) != many-1 {
		t.Errorf("%+v, %v, want one line answered", seen, err)
	}
}
