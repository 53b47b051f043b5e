package thread_test

import (
	"os"
	"testing"
)

// threads counts the threads of this process.
func threads(t *testing.T) int {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Error(err)
	}
	return len(tasks)
}
