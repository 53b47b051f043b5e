package main

import (
	"fmt"
	"io"
	"net"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// redisVariable names the Redis to use. The URL may hold a password.
const redisVariable = "REDIS_URL"

// redisFlag defines --redis, whose default is the environment's URL. Help says what the
// default is without showing it.
func redisFlag(f *pflag.FlagSet, to *string, otherwise string) {
	f.StringVar(to, "redis", os.Getenv(redisVariable), "URL of the Redis (default: "+otherwise+")")
	f.Lookup("redis").DefValue = ""
}

// warnOfRedis warns of the URL that a verb was given for its Redis.
func warnOfRedis(cmd *cobra.Command) {
	if f := cmd.Flags().Lookup("redis"); f != nil {
		warnInClear(cmd.ErrOrStderr(), f.Value.String())
	}
}

// warnInClear says in one line if a password would cross a network for all to read. A name
// may stand for this machine, but nobody is asked: only what is surely loopback is.
func warnInClear(w io.Writer, url string) {
	o, err := queue.Options(url)
	if err != nil || o.Password == "" || o.TLSConfig != nil || o.Network == "unix" {
		return
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if ip := net.ParseIP(host); err != nil || host == "localhost" || ip != nil && ip.IsLoopback() {
		return
	}
	fmt.Fprintf(w, "levels: warning: redis://***@%s sends its password in the clear; take rediss://, or a tunnel\n", samples.Clip(samples.Clean(o.Addr), 80))
}

// hideRedis takes the URL out of the environment, once all flags have it. Compilers, git,
// pitfalls and students' programs inherit that; workers of a queue are given the URL by name.
func hideRedis() { os.Unsetenv(redisVariable) }
