package fullpipes

import (
	"bufio"
	"fmt"
	"io"
)

// broken sends lines to a filter, another process, and returns its answers.
func broken(to io.WriteCloser, from io.Reader, lines []string) (answers []string, err error) {
	for _, line := range lines {
		if _, err := fmt.Fprintln(to, line); err != nil { // WRONG: nobody reads answers meanwhile
			return nil, err
		}
	}
	to.Close()
	in := bufio.NewScanner(from)
	for in.Scan() {
		answers = append(answers, in.Text())
	}
	return answers, in.Err()
}
