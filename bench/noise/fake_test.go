package noise

import (
	"fmt"
	"io/fs"
	"time"
)

// A machine is a file system of which each file is what a function answers.
type machine map[string]func() (string, error)

func (m machine) ReadFile(name string) ([]byte, error) {
	file, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	text, err := file()
	return []byte(text), err
}

// Open is not how the package reads.
func (m machine) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}

// says is a file that does not change.
func says(text string) func() (string, error) {
	return func() (string, error) { return text, nil }
}

// fails is a file that cannot be read.
func fails(err error) func() (string, error) {
	return func() (string, error) { return "", err }
}

// A load is a share of the time, in percent, up to some time after the start.
type load struct {
	share float64
	until time.Duration
}

// spent is how much time the loads have taken by now.
func spent(loads []load, now time.Duration) time.Duration {
	var sum, from time.Duration
	for _, l := range loads {
		if now > from {
			sum += time.Duration(l.share / 100 * float64(min(now, l.until)-from))
		}
		from = l.until
	}
	return sum
}

// pressure is /proc/pressure/cpu under the loads, which begin now.
func pressure(loads ...load) func() (string, error) {
	begun := time.Now()
	return func() (string, error) {
		total := 8744217921*time.Microsecond + spent(loads, time.Since(begun))
		return fmt.Sprintf("some avg10=0.00 avg60=0.63 avg300=0.21 total=%d\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", total.Microseconds()), nil
	}
}

// busy is /proc/stat of one processor under the loads, which begin now.
func busy(loads ...load) func() (string, error) {
	begun := time.Now()
	return func() (string, error) {
		now := time.Since(begun)
		used := spent(loads, now)
		return fmt.Sprintf("cpu  %d 0 0 %d 0 0 0 0 0 0\nctxt 5\n", 1000+used/tick, 5000+(now-used)/tick), nil
	}
}
