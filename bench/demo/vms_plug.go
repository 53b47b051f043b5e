package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/bench/noise"
)

// until leaves what is on screen there until the presenter presses the key, or for a while.
func (c Config) until(ctx context.Context, s *live.Stage, key rune, d time.Duration) error {
	timer := time.NewTimer(c.scaled(d))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case pressed := <-s.Keys():
			if pressed == key {
				return nil
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// reveal shows where the machines are.
func (v *vmShow) reveal(ctx context.Context) error {
	v.Say("Four machines. Where are they? (h)")
	if err := v.until(ctx, v.Stage, 'h', 4*time.Second); err != nil {
		return err
	}
	v.Scene(live.Scene{Title: "Where are you?", Text: "Read from /proc of each machine's process: its network, its processors, and the boot id, which a kernel draws when it starts."})
	t := live.Table{Title: "what /proc says of the machines", Head: []string{"machine", "address", "network", "boot id", "CPUs"}}
	for i, h := range v.hosts {
		t.Rows = append(t.Rows, identity(i+1, h))
	}
	t.Note = fmt.Sprintf("This process sees: host name %s; hypervisor: %s; %s", fact("/proc/sys/kernel/hostname"), hypervisor(), stolen(v.watcher.Stop()))
	v.Table(t)
	v.Say(kernels(t.Rows))
	_, err := v.hold(ctx, v.Stage, 10*time.Second)
	return err
}

// kernels says what the boot ids of some machines tell.
func kernels(machines [][]string) string {
	ids := map[string]bool{}
	for _, row := range machines {
		ids[row[bootID]] = true
	}
	switch {
	case ids[unsaid]:
		return "This system tells no boot id. All of the machines are processes of this host."
	case len(ids) == 1:
		return fmt.Sprintf("One boot id: it is one host, %d times.", len(machines))
	}
	return fmt.Sprintf("%d boot ids: that is more than one kernel, or somebody makes them up.", len(ids))
}

// stolen says how much of the host its own hypervisor gave to others.
func stolen(r noise.Record) string {
	if !r.Known || r.Steal == noise.Unknown {
		return "steal " + unsaid
	}
	return fmt.Sprintf("steal %.1f %% while they computed", r.Steal)
}

// plugOne kills all machines of the one host.
func (v *vmShow) plugOne(ctx context.Context) error {
	tell, err := v.Ask(ctx, "One host loses its power. How much of the four machines goes dark?", "25 %", "50 %", "100 %")
	if err != nil {
		return err
	}
	v.Scene(live.Scene{Title: "Pull the plug (k): four machines on one host", Text: "The plug is emulated: kill -9 for all four machines at once.", Lanes: v.lanes()})
	if v.packed, err = v.kill(ctx, len(v.hosts)); err != nil {
		return err
	}
	tell(darkAnswer(v.packed))
	v.Say(fmt.Sprintf("%.0f %% dark: four machines, one plug.", v.packed))
	_, err = v.hold(ctx, v.Stage, 4*time.Second)
	return err
}

// darkAnswer is the choice that came closest to what went dark: 25, 50 or 100 %.
func darkAnswer(dark float64) int {
	switch {
	case dark < 37.5:
		return 1
	case dark < 75:
		return 2
	}
	return 3
}

// plugOneOfFour does it again with four hosts of one machine each.
func (v *vmShow) plugOneOfFour(ctx context.Context) error {
	v.close()
	if err := v.open(ctx, 4); err != nil {
		return err
	}
	v.Scene(live.Scene{
		Title: "Pull one plug of four (k): four hosts, EMULATED",
		Text:  "The same four processes, as if each were on a host of its own. Here the three that stay get the fourth's processors too; elsewhere they would not.",
		Lanes: v.lanes(),
	})
	var err error
	if v.spread, err = v.kill(ctx, 1); err != nil {
		return err
	}
	v.Say(fmt.Sprintf("%.0f %% dark, and the others did what it had in hand.", v.spread))
	_, err = v.hold(ctx, v.Stage, 4*time.Second)
	return err
}

// kill has the machines compute and, when the presenter says so or after a while, kills the
// first n of them. It returns how many of a hundred are dark.
func (v *vmShow) kill(ctx context.Context, n int) (dark float64, err error) {
	l := v.load()
	show := func() {
		_, lost := l.counts()
		dark = 100 * float64(dead(v.hosts)) / float64(len(v.hosts))
		v.Count(live.Count{Name: "dark", Value: dark, Unit: "%", Bad: true})
		v.Count(live.Count{Name: "cut off", Value: float64(lost), Unit: "tasks"})
	}
	show()
	err = l.run(ctx, v.hosts, v.slots, func(ctx context.Context) error {
		if err := v.watch(ctx, l, 4*time.Second, 'k'); err != nil {
			return err
		}
		for _, h := range v.hosts[:n] {
			h.Kill()
		}
		for _, h := range v.hosts[:n] {
			<-h.Died()
		}
		show()
		return v.watch(ctx, l, 4*time.Second, 0)
	})
	show()
	return dark, err
}

// dead counts the hosts that are.
func dead(hosts []*fleet.Host) (n int) {
	for _, h := range hosts {
		select {
		case <-h.Died():
			n++
		default:
		}
	}
	return n
}

// conclude shows the demo's numbers.
func (v *vmShow) conclude() {
	t := live.Table{Title: "four machines", Head: []string{"machines", "tasks/s", "against one", "dark if a host dies"}}
	for i, r := range v.rates {
		row := []string{fmt.Sprint(r.machines, " on one host"), three(r.rate), fmt.Sprintf("%.2fx", v.times(i)), ""}
		if r.machines == 4 {
			row[3] = fmt.Sprintf("%.0f %%", v.packed)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Rows = append(t.Rows, []string{"4 on four hosts", "not measured", "about 4x, not measured", fmt.Sprintf("%.0f %% (emulated)", v.spread)})
	t.Note = fmt.Sprintf("%d processors. %s A fourth of the machines is a fourth of the hosts only if somebody spreads them.", v.slots, v.networks())
	if !v.apart {
		t.Note += " No networks of their own: " + v.shared + "."
	}
	v.Table(t)
	v.Say(vmsPunchline)
}
