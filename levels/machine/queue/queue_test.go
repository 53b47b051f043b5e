package queue_test

import (
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

const canary = "CANARY-7f3a"

func TestPasswordsStayOutOfErrors(t *testing.T) {
	for _, rawURL := range []string{
		"redis://user:" + canary + "@127.0.0.1:badport",
		"redis://user:" + canary + "@127.0.0.1:6379/db",
		"redis://user:" + canary + "@127.0.0.1:1",
		"redis://:" + canary + "@127.0.0.1:1",
		"redis://" + canary + "@127.0.0.1:1",
		"redis://:" + canary + "%zz@127.0.0.1:1",
		"redis://:" + canary + "/x@127.0.0.1:1",
		"redis://:" + canary + "@127.0.0.1:1?read_timeout=x",
		"redis://:" + canary + "@127.0.0.1:1?nonsense=1",
		"redis://:" + canary,
		"redis://user:" + canary + "@ho st",
		"http://user:" + canary + "@host",
		"user:" + canary + "@host:6379",
		":" + canary + "@host:6379",
		"unix://user:" + canary + "@",
		"unix://user:" + canary + "@/no/such/socket",
	} {
		_, err := queue.NewClient(t.Context(), queue.Config{Redis: rawURL})
		workerErr := queue.Worker{Config: queue.Config{Redis: rawURL}, Handler: say("")}.Run(t.Context())
		if err == nil || workerErr == nil {
			t.Fatalf("%s: %v, %v, want errors", rawURL, err, workerErr)
		}
		for _, err := range []error{err, workerErr} {
			if text := err.Error(); strings.Contains(text, canary) || strings.Contains(text, "\n") {
				t.Errorf("%s: %q, want one line without the password", rawURL, text)
			}
		}
	}
}

func TestWrongPassword(t *testing.T) {
	each(t, func(r *rig) {
		_, host, _ := strings.Cut(r.Redis, "@")
		_, err := queue.NewClient(r.Context(), queue.Config{Redis: "redis://:" + canary + "@" + host})
		if err == nil || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "WRONGPASS") {
			r.Errorf("err = %v, want one that says the password is wrong and not what it is", err)
		}
	})
}

func TestRedact(t *testing.T) {
	for rawURL, want := range map[string]string{
		"redis://host:6379/1":         "redis://host:6379/1",
		"redis://user:pw@host:6379/1": "redis://***@host:6379/1",
		"redis://:p@w@host":           "redis://***@host",
		"redis://:pw#x@host":          "redis://***@host",
		"redis://:pw":                 "redis://…",
		"user:pw@host:6379":           "***@host:6379",
		"localhost:6379":              "localhost:6379",
	} {
		if got := queue.Redact(rawURL); got != want {
			t.Errorf("Redact(%q) = %q, want %q", rawURL, got, want)
		}
	}
}

// What stands behind a # would get lost, and what stands before it be taken for
// the host.
func TestHash(t *testing.T) {
	if _, err := queue.Options("redis://user:123#456@host:6379"); err == nil || strings.Contains(err.Error(), "123") || strings.Contains(err.Error(), "456") {
		t.Errorf("err = %v, want one without the password", err)
	}
}
