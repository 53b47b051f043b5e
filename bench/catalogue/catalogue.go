// Package catalogue lists all pitfalls. Each lies beside the level it belongs to, and is
// described there; what is said of them together is here.
package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/pitfalls/benchnothing"
	"github.com/fourlevels/fourlevels/bench/pitfalls/omission"
	"github.com/fourlevels/fourlevels/bench/pitfalls/oneruneach"
	"github.com/fourlevels/fourlevels/levels/async/pitfalls/blockedloop"
	"github.com/fourlevels/fourlevels/levels/async/pitfalls/halfcomposed"
	"github.com/fourlevels/fourlevels/levels/async/pitfalls/nobackpressure"
	"github.com/fourlevels/fourlevels/levels/async/pitfalls/nolimit"
	"github.com/fourlevels/fourlevels/levels/async/pitfalls/oneafteranother"
	"github.com/fourlevels/fourlevels/levels/async/pitfalls/racewithoutthreads"
	"github.com/fourlevels/fourlevels/levels/async/pitfalls/starvedexecutor"
	"github.com/fourlevels/fourlevels/levels/async/pitfalls/threadpercall"
	"github.com/fourlevels/fourlevels/levels/machine/pitfalls/chatty"
	"github.com/fourlevels/fourlevels/levels/machine/pitfalls/manyvms"
	"github.com/fourlevels/fourlevels/levels/machine/pitfalls/nevertimeout"
	"github.com/fourlevels/fourlevels/levels/machine/pitfalls/popthendie"
	"github.com/fourlevels/fourlevels/levels/machine/pitfalls/retrystorm"
	"github.com/fourlevels/fourlevels/levels/machine/pitfalls/shortlease"
	"github.com/fourlevels/fourlevels/levels/machine/pitfalls/slowtail"
	"github.com/fourlevels/fourlevels/levels/machine/queue/pitfalls/crossslot"
	"github.com/fourlevels/fourlevels/levels/machine/queue/pitfalls/eviction"
	"github.com/fourlevels/fourlevels/levels/machine/queue/pitfalls/failover"
	"github.com/fourlevels/fourlevels/levels/machine/queue/pitfalls/noaof"
	"github.com/fourlevels/fourlevels/levels/machine/queue/pitfalls/retrytwice"
	"github.com/fourlevels/fourlevels/levels/machine/queue/pitfalls/tornenqueue"
	"github.com/fourlevels/fourlevels/levels/machine/queue/pitfalls/waited"
	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/pitfalls/chunkofone"
	"github.com/fourlevels/fourlevels/levels/process/pitfalls/fullpipes"
	"github.com/fourlevels/fourlevels/levels/process/pitfalls/notshared"
	"github.com/fourlevels/fourlevels/levels/process/pitfalls/serialization"
	"github.com/fourlevels/fourlevels/levels/process/pitfalls/spawnpertask"
	"github.com/fourlevels/fourlevels/levels/process/pitfalls/stubborngrandchild"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/crumbs"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/falsesharing"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/gilconvoy"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/hotcounter"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/keptlock"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/leakedanswer"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lockedio"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lockorder"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lostupdate"
)

// All are the pitfalls, level by level in the order of [pitfall.Levels].
var All = []pitfall.Pitfall{
	manyvms.Pitfall,
	popthendie.Pitfall,
	shortlease.Pitfall,
	chatty.Pitfall,
	retrystorm.Pitfall,
	nevertimeout.Pitfall,
	slowtail.Pitfall,

	serialization.Pitfall,
	spawnpertask.Pitfall,
	chunkofone.Pitfall,
	fullpipes.Pitfall,
	stubborngrandchild.Pitfall,
	notshared.Pitfall,

	gilconvoy.Pitfall,
	lostupdate.Pitfall,
	lockorder.Pitfall,
	keptlock.Pitfall,
	lockedio.Pitfall,
	leakedanswer.Pitfall,
	hotcounter.Pitfall,
	falsesharing.Pitfall,
	crumbs.Pitfall,

	blockedloop.Pitfall,
	oneafteranother.Pitfall,
	nolimit.Pitfall,
	nobackpressure.Pitfall,
	starvedexecutor.Pitfall,
	racewithoutthreads.Pitfall,
	threadpercall.Pitfall,
	halfcomposed.Pitfall,

	omission.Pitfall,
	benchnothing.Pitfall,
	oneruneach.Pitfall,

	noaof.Pitfall,
	failover.Pitfall,
	waited.Pitfall,
	eviction.Pitfall,
	tornenqueue.Pitfall,
	retrytwice.Pitfall,
	crossslot.Pitfall,
}

// Find returns the pitfall of that ID or name, in letters large or small.
func Find(what string) (pitfall.Pitfall, error) {
	i := slices.IndexFunc(All, func(p pitfall.Pitfall) bool {
		return strings.EqualFold(p.ID, what) || strings.EqualFold(p.Name, what)
	})
	if i < 0 {
		return pitfall.Pitfall{}, fmt.Errorf("no pitfall is called %.40q: levels pitfall list has their ids and names%s", what, hint(what))
	}
	return All[i], nil
}

// hint is the name that was meant, if there is one near enough. Ids are too short for that.
func hint(what string) string {
	var names []string
	for _, p := range All {
		names = append(names, p.Name)
	}
	if nearest := fleet.Nearest(strings.ToLower(what), names); nearest != "" {
		return fmt.Sprintf("; did you mean %q?", nearest)
	}
	return ""
}
