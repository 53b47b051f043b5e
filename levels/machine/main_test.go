package machine_test

import (
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
