//go:build !unix

package scratch

import "io/fs"

// own is true: each user has a folder for temporary files of his own here.
func own(fs.DirEntry) bool { return true }
