package main

import (
	"bytes"
	"strings"
	"testing"
)

// A password that everybody on the way could read is warned of, and not told.
func TestWarnInClear(t *testing.T) {
	for url, warns := range map[string]bool{
		"redis://:CANARY@10.0.0.5:6379":       true,
		"redis://user:CANARY@redis.internal":  true,
		"redis://:CANARY@[2001:db8::1]:6379":  true,
		"redis://:CANARY@0.0.0.0:6379":        true,
		"redis://10.0.0.5:6379":               false, // there is nothing to hide
		"rediss://:CANARY@10.0.0.5:6379":      false,
		"redis://:CANARY@127.0.0.1:6379":      false,
		"redis://:CANARY@127.1.2.3":           false,
		"redis://:CANARY@[::1]:6379":          false,
		"redis://:CANARY@localhost:6379":      false,
		"unix://:CANARY@/run/redis.sock":      false,
		"redis://:CANARY@host:badport":        false, // refused by whoever uses it
		"":                                    false,
		"redis://:CANARY@localhost.evil:6379": true,
	} {
		var said bytes.Buffer
		warnInClear(&said, url)
		if (said.Len() > 0) != warns || warns && strings.Count(said.String(), "\n") != 1 || strings.Contains(said.String(), "CANARY") {
			t.Errorf("%s: it says %q, want a warning: %t", url, &said, warns)
		}
	}
}
