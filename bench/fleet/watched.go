package fleet

import (
	"context"
	"maps"
	"os"
	"slices"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// watched makes the functions of a worker tell a show when tasks begin and end, if the
// environment asks for it. Stop sends what is left. Tasks that run further inside, in
// processes of their own, are told of by those.
func watched(ctx context.Context, inner Spec, funcs levels.Funcs) (told levels.Funcs, stop func(), err error) {
	show := os.Getenv(live.Environment)
	if show == "" || inner[0].Level == "process" || inner[0].Level == "machine" {
		return funcs, func() {}, nil
	}
	r, err := live.Dial(ctx, show)
	if err != nil {
		return nil, nil, err
	}
	waits := slices.Collect(maps.Keys(workload.Fetching()))
	return live.Trace(funcs, r, "", waits...), func() { r.Close() }, nil
}
