package demo

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// unsaid stands for what the system does not tell.
const unsaid = "not told"

// bootID is where in an identity the id of the kernel is.
const bootID = 3

// bootFile has the boot id. A process' own files are below the root that it sees.
const bootFile = "/proc/sys/kernel/random/boot_id"

// identity is what the system says of a machine, as a row: its number, its address, its
// network, the boot id of its kernel, and its processors. The machine itself is not asked.
func identity(number int, h *fleet.Host) []string {
	proc := "/proc/" + strconv.Itoa(h.Pid())
	network, err := os.Readlink(proc + "/ns/net")
	if err != nil {
		network = unsaid
	}
	return []string{
		fmt.Sprint("vm ", number),
		strings.TrimPrefix(h.Address, "http://"),
		strings.Trim(strings.TrimPrefix(network, "net:"), "[]"),
		samples.Clip(fact(proc+"/root"+bootFile), 9), // as the machine's own files have it
		samples.Clip(cmp.Or(field(fact(proc+"/status"), "Cpus_allowed_list:"), unsaid), 12),
	}
}

// hypervisor is what the hardware says it is.
func hypervisor() string {
	vendor, product := fact("/sys/class/dmi/id/sys_vendor"), fact("/sys/class/dmi/id/product_name")
	switch flags := field(fact("/proc/cpuinfo"), "flags"); {
	case vendor != unsaid:
		return samples.Clip(vendor+" "+product, 40)
	case flags == "":
		return unsaid
	case strings.Contains(" "+flags+" ", " hypervisor "):
		return "one, that does not say which"
	}
	return "none: this is hardware"
}

// fact is what a file of the system says.
func fact(path string) string {
	text, err := os.ReadFile(path)
	if said := strings.TrimSpace(string(text)); err == nil && said != "" {
		return said
	}
	return unsaid
}

// field is what follows the name at the beginning of a line.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			return samples.Clean(strings.TrimLeft(rest, " \t:"))
		}
	}
	return ""
}
