//go:build !unix

package lock

// takeAs is what a child does.
func takeAs(dir string) (*Lock, error) {
	return Take(dir)
}
