package nobackpressure

import (
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall/pitfalltest"
)

func TestMain(m *testing.M) { pitfalltest.Main(m, Pitfall) }

func TestPitfall(t *testing.T) { pitfalltest.Prove(t, Pitfall) }
