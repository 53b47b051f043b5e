// Package netns gives processes networks of their own, as virtual machines on one host have
// them: a Linux network namespace, and a wire to it. Processor, memory and disk they share.
package netns

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/fourlevels/fourlevels/levels/process/child"
)

// Needs says what is missing here to make networks, and "" if nothing is.
func Needs() string {
	if runtime.GOOS != "linux" {
		return "network namespaces are a thing of Linux"
	}
	if os.Geteuid() != 0 {
		return "only root may make network namespaces"
	}
	for _, program := range []string{"unshare", "nsenter", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			return "network namespaces take the program " + program + ", which is not installed"
		}
	}
	if said, err := exec.Command("unshare", "-n", "true").CombinedOutput(); err != nil {
		return fmt.Sprintf("network namespaces are not permitted here: %.100q", said)
	}
	return ""
}

// A Network is a namespace with a wire to it. Processes come and go in it.
type Network struct {
	Wire
	holder *child.Process // the namespace lives as long as somebody is in it
}

// New makes a network. Close it.
func New(ctx context.Context) (n *Network, err error) {
	n = &Network{}
	holder := exec.Command("unshare", "-n", "cat")
	holder.Env = child.Environ()
	if n.holder, err = child.Start(holder); err != nil {
		return nil, err
	}
	if err = n.enter(); err == nil {
		n.Wire, err = Lay(ctx, n.holder.Pid())
	}
	if err != nil {
		n.Close()
		return nil, fmt.Errorf("make a network: %w", err)
	}
	return n, nil
}

// enter waits until the holder is in its namespace: only there does it say what it is told.
func (n *Network) enter() error {
	if _, err := n.holder.Stdin.WriteString("here\n"); err != nil {
		return fmt.Errorf("%w: %w", err, n.holder.Obituary())
	}
	if _, err := bufio.NewReader(n.holder.Stdout).ReadString('\n'); err != nil {
		return fmt.Errorf("%w: %w", err, n.holder.Obituary())
	}
	return nil
}

// Command is a program that is to run in the network. Its process id is the program's.
func (n *Network) Command(program string, args ...string) *exec.Cmd {
	command := append(append(inside(n.holder.Pid()), program), args...)
	return exec.Command(command[0], command[1:]...)
}

// Close takes the network away. Who runs in it should have ended.
func (n *Network) Close() error {
	return n.holder.Stop(time.Second)
}
