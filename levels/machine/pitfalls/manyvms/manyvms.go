// Package manyvms is a pitfall of machines: four virtual machines that share one host
// have the processors of one, and go dark with it. The machines are real processes; what
// a host has to give is emulated.
package manyvms

import (
	"context"
	"embed"
	"errors"
	"slices"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

const id = "M1"

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    id,
	Name:  "manyvms",
	Title: "Many VMs, one host",
	Level: "machine",
	Story: "One machine was too slow, so there are four now; all four are on the same host, share what one had, and share its plug.",

	Class:  pitfall.Wait,
	Unit:   "x one machine with a host to itself",
	Breaks: pitfall.AtLeast(3),
	Shows:  machines - 1, // dark ones
	Holds:  pitfall.AtMost(1.5),
	Work:   machines*each + machines,
	Least:  machines*each + machines - 1, // one is dark
	Ask: pitfall.Predict{
		Question: "Four machines do four times the work of one, and all are on one host. How many times longer do they take than one machine with a host to itself?",
		Choices: [3]pitfall.Choice{
			{Says: "1: four machines do four times the work", If: pitfall.Between(0, 1.5)},
			{Says: "about 2: they disturb each other a little", If: pitfall.Between(1.5, 2.5)},
			{Says: "about 4: they have what one had", If: pitfall.AtLeast(2.5)},
		},
	},

	Hints: [3]string{
		"What does a virtual machine compute with, and whose is it?",
		"Look at where the loop returns: when does the second host get its first machine?",
		"Look at all hosts with room before you return, and return the one with the fewest machines.",
	},
	Why:   "A host's processors are shared by the machines on it: more machines get smaller shares. And whoever unplugs it unplugs all of them.",
	Fix:   "Spread them: at most one on each host while hosts are free. That is anti-affinity, or placement = spread.",
	Price: "More hosts, each with room to spare; and the machines talk over a network that they did not need on one host.",
	Sources: []string{
		"the EuroPython 2019 talk: many virtual machines on one host",
		"kubernetes/kops#2693: both pods of the cluster's DNS were on the node that failed",
		"kubernetes/kubernetes#57683: three replicas on one node, which failed and took the cluster along",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
	Helpers:   map[string]func([]string) error{"machine": machine},
}

const (
	machines = 4
	each     = 6 // slices of CPU that a machine's work takes
)

// A Host has room for machines.
type Host struct{ Machines, Room int }

func byMachines(a, b Host) int { return a.Machines - b.Machines }

// None is the answer when no host has room.
const None = -1

// yardstick is one machine, with a host to itself.
func yardstick(ctx context.Context) (seen pitfall.Seen, err error) {
	r, err := assemble(ctx, []int{0})
	if err != nil {
		return seen, err
	}
	_, seen.Took = r.compute(each)
	return seen, r.clear()
}

// Observe runs a way to find a host for each of four machines, has the machines compute,
// and pulls the plug of the host that has most of them.
func Observe(place func([]Host) int) pitfall.Variant {
	return func(ctx context.Context) (seen pitfall.Seen, err error) {
		hosts := slices.Repeat([]Host{{Room: machines}}, machines)
		var on []int
		for range machines {
			if i := place(slices.Clone(hosts)); i >= 0 && i < len(hosts) && hosts[i].Machines < hosts[i].Room {
				hosts[i].Machines++
				on = append(on, i)
			}
		}
		r, err := assemble(ctx, on)
		if err != nil {
			return seen, err
		}
		done, took := r.compute(each)
		fullest := slices.IndexFunc(hosts, func(h Host) bool { return h == slices.MaxFunc(hosts, byMachines) })
		alive := r.unplug(fullest)
		dark := machines - alive
		seen.Took = took
		seen.Outcomes = []pitfall.Outcome{
			{What: "slice computed", Verdict: pitfall.Expected, Count: done},
			{What: "slice not computed", Verdict: pitfall.Forbidden, Count: machines*each - done},
			{What: "machine computes after one host's plug is pulled", Verdict: pitfall.Expected, Count: min(alive, machines-1)},
			{What: "machine is dark: one in four, as one in four hosts is", Verdict: pitfall.Allowed, Count: min(dark, 1)},
			{What: "machine is dark: a second, third or fourth", Verdict: pitfall.Forbidden, Count: max(0, dark-1)},
		}
		return seen, errors.Join(r.clear(), context.Cause(ctx))
	}
}
