//go:build linux

package process_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deeds are what a task can do to its worker. Each is told where the log is.
var deeds = map[string]func(log string){
	"panic":         func(string) { panic("boom") },
	"deep panic":    func(string) { deepPanic(100) },
	"goexit":        func(string) { runtime.Goexit() },
	"exit":          func(string) { os.Exit(3) },
	"overflow":      func(string) { debug.SetMaxStack(1 << 20); _ = overflow(make([]byte, 64)) },
	"fault":         func(string) { fault() },
	"kill":          func(string) { signalSelf(syscall.SIGKILL); select {} },
	"stop":          func(string) { signalSelf(syscall.SIGSTOP); select {} }, // which may be a moment later
	"flood":         func(string) { os.Stderr.WriteString(strings.Repeat("flood ", 10<<20/6)); os.Exit(5) },
	"garbage":       func(string) { garbage() },
	"hang up":       func(string) { hangUp(); time.Sleep(time.Minute) },
	"turn away":     func(string) { turnAway() },
	"leave a child": func(log string) { leaveChild(log); os.Exit(6) },
	"block":         func(string) { select {} },
	"spin":          func(string) { spin() },
	"work":          func(string) { time.Sleep(100 * time.Millisecond) },
}

// nap sleeps for as long as the end of how says, and then does what is before it.
func nap(how, log string) {
	at := strings.LastIndexByte(how, ' ')
	d, _ := time.ParseDuration(how[at+1:])
	for start := time.Now(); time.Since(start) < d; { // a timer may be late
	}
	if bad := deedOf(strings.TrimSpace(strings.TrimPrefix(how[:at], "nap"))); bad != nil {
		bad(log)
	}
}

// deedOf finds a deed.
func deedOf(how string) func(log string) {
	if strings.HasPrefix(how, "nap ") {
		return func(log string) { nap(how, log) }
	}
	return deeds[how]
}

// turns keeps spin from being an empty loop.
var turns int

func spin() {
	for turns >= 0 {
		turns = (turns + 1) % 1000
	}
}

func deepPanic(n int) {
	if n == 0 {
		panic("boom")
	}
	deepPanic(n - 1)
}

// overflow ends when the stack does: what it is given never gets empty.
func overflow(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	return overflow(b) + len(b)
}

func fault() {
	page, err := syscall.Mmap(-1, 0, os.Getpagesize(), syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err == nil {
		page[0] = 1
	}
}

func signalSelf(s syscall.Signal) { syscall.Kill(os.Getpid(), s) }

// channel tells which transport this worker has, and of a socket its number.
func channel() (transport string, fd int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		name, _ := os.Readlink("/proc/self/fd/" + e.Name())
		if fd, _ := strconv.Atoi(e.Name()); fd > 2 && strings.HasPrefix(name, "socket:") {
			return "socket", fd
		}
	}
	if len(ringMaps()) > 0 {
		return "shm", 0
	}
	return "pipe", 1
}

// ringMaps is where the ring lies in memory: "from-to", or nothing.
func ringMaps() string {
	maps, _ := os.ReadFile("/proc/self/maps")
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, "memfd:ring") {
			return strings.Fields(line)[0]
		}
	}
	return ""
}

// scribble overwrites the ring's memory.
func scribble(at int64, b []byte) {
	from, _, _ := strings.Cut(ringMaps(), "-")
	start, _ := strconv.ParseInt(from, 16, 64)
	if mem, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0); err == nil {
		mem.WriteAt(b, start+at)
		mem.Close()
	}
}

// garbage gets what is no frame to the other end.
func garbage() {
	if transport, fd := channel(); transport == "shm" {
		scribble(256, bytes.Repeat([]byte("garbage "), 64)) // all positions
	} else {
		syscall.Write(fd, []byte("this is no frame at all\n"))
	}
}

// hangUp ends the channel for both ends, which leaves the process as it is. Of a ring
// the other end will notice when it is woken: at the latest by the end of the process.
func hangUp() {
	switch transport, fd := channel(); transport {
	case "shm":
		scribble(64, []byte{1, 0, 0, 0})
		os.Exit(7)
	case "socket":
		syscall.Shutdown(fd, syscall.SHUT_RDWR)
	default:
		replace(fd, syscall.O_RDONLY)
	}
}

// turnAway ends the channel for the other end only, as a daemon does which begins by
// closing all files: this one writes on, to nobody. The others read and write on the
// same file, or on none.
func turnAway() {
	if transport, fd := channel(); transport == "pipe" {
		replace(fd, syscall.O_WRONLY)
	}
}

func replace(fd, mode int) {
	null, err := syscall.Open(os.DevNull, mode|syscall.O_CLOEXEC, 0)
	if err == nil {
		syscall.Dup3(null, fd, syscall.O_CLOEXEC)
	}
}

// leaveChild starts a process that keeps all open that this one has.
func leaveChild(log string) {
	cmd := exec.Command("sleep", "60")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.NewFile(1, "stdout"), os.Stderr
	if transport, fd := channel(); transport == "socket" {
		cmd.ExtraFiles = []*os.File{os.NewFile(uintptr(fd), "socket")}
	}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	if err := note(log+".children", fmt.Sprintln(cmd.Process.Pid)); err != nil {
		panic(err)
	}
}

// endGrandchildren ends what leaveChild has started, which must live until then.
func endGrandchildren(t *testing.T, log string) {
	t.Helper()
	text, err := os.ReadFile(log + ".children")
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	for line := range strings.Lines(string(text)) {
		if err := syscall.Kill(atoi(t, strings.TrimSpace(line)), syscall.SIGKILL); err != nil {
			t.Errorf("the child that was left: %v", err)
		}
	}
	if err := os.Remove(log + ".children"); err != nil {
		t.Error(err)
	}
}
