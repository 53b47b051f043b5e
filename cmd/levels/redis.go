package main

import (
	"os"

	"github.com/spf13/pflag"
)

// redisVariable names the Redis to use. The URL may hold a password.
const redisVariable = "REDIS_URL"

// redisFlag defines --redis, whose default is the environment's URL. Help says what the
// default is without showing it.
func redisFlag(f *pflag.FlagSet, to *string, otherwise string) {
	f.StringVar(to, "redis", os.Getenv(redisVariable), "URL of the Redis (default: "+otherwise+")")
	f.Lookup("redis").DefValue = ""
}

// hideRedis takes the URL out of the environment, once all flags have it. Compilers, git,
// pitfalls and students' programs inherit that; workers of a queue are given the URL by name.
func hideRedis() { os.Unsetenv(redisVariable) }
