package fullpipes

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// fixed writes in a goroutine of its own, and reads here.
func fixed(to io.WriteCloser, from io.Reader, lines []string) (answers []string, err error) {
	sent := make(chan error, 1)
	go func() {
		defer to.Close()
		for _, line := range lines {
			if _, err := fmt.Fprintln(to, line); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	in := bufio.NewScanner(from)
	for in.Scan() {
		answers = append(answers, in.Text())
	}
	return answers, errors.Join(<-sent, in.Err())
}
