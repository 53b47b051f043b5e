//go:build unix

package main

import "strings"

// A shortened command is one that is not run as it stands on its page. The row with the longest
// beginning is the command's; a command without a row is run as it stands, and has to succeed.
type shortened struct {
	begins string
	also   string // arguments that are added
	not    bool   // it is not run at all
	needs  string // a program without which it is not run
	codes  []int  // how it may end, beside 0
	keys   string // on a terminal, what is typed
	why    string
}

// inShort are the commands that take long, do not end by themselves, or need what may not
// be there.
var inShort = []shortened{
	{begins: ".bin/levels bench", also: " --list", why: "a round of all takes half a minute; what is listed has been planned with these flags, and bench.txtar measures"},
	{begins: ".bin/levels bench --work cpu --grain 1000", also: " --rounds 1 --benchtime 1ms --patience 1ms", codes: []int{1}, why: "the run that later commands look at; a millisecond on a busy machine may be INVALID"},
	{begins: ".bin/levels bench --resume", codes: []int{3}, why: "it finds that nothing of that run is left to do"},
	{begins: ".bin/levels advise", why: "its costs are those of advise.txtar, for measuring them takes half a minute"},
	{begins: ".bin/levels advise --calibrate", also: " --help", why: "it takes a minute on a busy machine, and bench/advise tests it"},
	{begins: ".bin/levels advise --validate", also: " --help", why: "the same"},
	{begins: ".bin/levels words", also: " --corpus docs", why: "13 million words at every level take a minute"},
	{begins: ".bin/levels gil --python", also: " --rounds 1 --level thread --corpus docs", needs: "python3", why: "it takes fifteen seconds, and measures a real Python"},
	{begins: ".bin/levels compare", also: " --help", why: "it takes minutes; one is run"},
	{begins: ".bin/levels compare main HEAD", also: " --rounds 1 --benchtime 1ms --work empty --level async", codes: []int{2, 3}, needs: "git", why: "one round cannot tell, and ends so"},
	{begins: ".bin/levels compare RUN RUN", codes: []int{3}, why: "the two committed runs were not made alike, so they are refused"},
	{begins: ".bin/levels compare --replay", codes: []int{1}, why: "a noisy run is found wanting"},
	{begins: ".bin/levels demo ", also: " --pace 0.02", why: "a minute's show in a second"},
	{begins: ".bin/levels demo race --predict", also: " --pace 0.02", needs: "script", keys: "q", why: "it waits for a key on a terminal"},
	{begins: ".bin/levels pitfall prove", also: " T2 A2", why: "all of them take a minute or two, and each package proves its own"},
	{begins: ".bin/levels pitfall prove T2", why: "two are quick enough"},
	{begins: ".bin/levels queue", codes: []int{3}, why: "there need be no Redis where it looks"},
	{begins: ".bin/levels chaos", also: " --help", why: "half a minute of faults, which bench/chaos tests"},
	{begins: ".bin/levels overload", also: " --level thread --for 500ms --steady 500ms", codes: []int{1}, why: "three minutes; a busy machine may be late"},
	{begins: ".bin/levels learn", codes: []int{1}, why: "without a terminal it grades the first exercise and ends, and nobody has solved that"},
	{begins: ".bin/levels learn check", also: " 1", codes: []int{1}, why: "the same; all of them take a minute"},
	{begins: ".bin/levels learn verify", also: " --help", why: "it builds each lesson with the race detector; CI runs it for all, and learn's own tests for lessons made for it"},

	{begins: "go tool benchstat", needs: "git", why: "the folder is found by its commit"},
	{begins: "go mod init", not: true, why: "the programs of docs/queue.md are built and run by the test of levels/machine/queue"},
	{begins: "export REDIS_URL", not: true, why: "the same"},
	{begins: "go run ./worker", not: true, why: "the same"},
	{begins: "go run ./producer", not: true, why: "the same"},
	{begins: "redis-cli ACL SETUSER", not: true, why: "the same: its programs run as that user"},
}

// stands are what words in capitals stand for.
var stands = strings.NewReplacer(
	"results/runs/NAME", "$(ls -d results/runs/*Z-??????????/ | tail -n 1)",
	" RUN RUN", " results/kvm-2x-epyc/20261123T091637Z-39d86c1961 results/kvm-2x-epyc/20261123T141946Z-a2e2bafabc",
	" RUN", " results/kvm-2x-epyc/20261123T141946Z-a2e2bafabc",
)
