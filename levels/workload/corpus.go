package workload

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// A Corpus is a folder of text, seen as numbered pages. Only their names and
// sizes are in memory. Its methods may be called concurrently.
type Corpus struct {
	root  *os.Root
	name  string
	pages []page
	bytes int64
}

type page struct {
	path string // below the root, with slashes
	size int64
	text bool // until the rest is dropped
}

// OpenCorpus opens the folder dir, or the source of the installed Go standard
// library if dir is "": thousands of files, on every machine that can build
// this.
//
// The pages are the regular files of 1 byte to 1 MiB whose first 8 KiB are
// valid UTF-8 without a zero byte, whatever their extension. What has a name
// that begins with a dot is left out, and symbolic links are not followed. The
// pages are numbered in the byte order of their paths, so that all processes
// that open the same folder agree.
//
// OpenCorpus blocks while it looks into each file: about 0.2 seconds for the
// ten thousand of the standard library, and more where they are not cached. It
// fails if dir is no folder, has no text in it, or something below it cannot
// be read; the error is one line that names the path. The caller must close
// the corpus.
func OpenCorpus(dir string) (*Corpus, error) {
	name := baseName(dir)
	if dir == "" {
		var err error
		//lint:ignore SA1019 as a second choice it is good enough: built with -trimpath, it is empty rather than wrong
		if dir, name, err = standardLibrary(askGo, runtime.GOROOT()); err != nil {
			return nil, err
		}
	}
	root, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("corpus %q: %w", dir, reason(err))
	}
	c := &Corpus{root: root, name: name}
	if c.pages, err = textFiles(root.FS()); err != nil {
		root.Close()
		return nil, fmt.Errorf("corpus %q: %w", dir, err)
	}
	for _, p := range c.pages {
		c.bytes += p.size
	}
	return c, nil
}

// openFolder looks before it opens: os.OpenRoot would wait for the writer of a pipe, and
// nothing but a kill would end that.
func openFolder(dir string) (*os.Root, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, syscall.ENOTDIR
	}
	return os.OpenRoot(dir)
}

// Pages returns the number of pages, which is at least 1.
func (c *Corpus) Pages() int { return len(c.pages) }

// Bytes returns the size of all pages together.
func (c *Corpus) Bytes() int64 { return c.bytes }

// Name returns a short name for tables, as in "go1.26.0/src". It is never an
// absolute path.
func (c *Corpus) Name() string { return c.name }

// Path returns the path of page n below the folder, with slashes. It panics
// unless n is from 0 to Pages()-1.
func (c *Corpus) Path(n int) string { return c.pages[n].path }

// Page reads page n. It fails if there is no such page, or if the file is not
// as long as it was when the corpus was opened: counts that are compared must
// be those of the same text.
func (c *Corpus) Page(n int) ([]byte, error) {
	if n < 0 || n >= len(c.pages) {
		return nil, fmt.Errorf("there is no page %d: the corpus has %d, counted from 0", n, len(c.pages))
	}
	p := c.pages[n]
	f, err := c.root.Open(p.path)
	if err != nil {
		return nil, fmt.Errorf("page %d (%q): %w", n, p.path, reason(err))
	}
	defer f.Close()
	text := make([]byte, p.size+1) // one more, to see that nothing was added
	switch got, err := io.ReadFull(f, text); {
	case err != nil && err != io.EOF && err != io.ErrUnexpectedEOF:
		return nil, fmt.Errorf("page %d (%q): %w", n, p.path, reason(err))
	case int64(got) != p.size:
		return nil, fmt.Errorf("page %d (%q) has changed: it had %d bytes when the corpus was opened", n, p.path, p.size)
	}
	return text[:p.size:p.size], nil
}

// Close gives the folder back. Later calls of Page fail.
func (c *Corpus) Close() error { return c.root.Close() }

// baseName returns the last element of dir, which may be relative.
func baseName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if base := filepath.Base(dir); base != string(filepath.Separator) {
		return base
	}
	return "root"
}

// reason returns what err says without the path, which the caller writes once
// and quoted, so that no name can break the line.
func reason(err error) error {
	if perr, ok := errors.AsType[*fs.PathError](err); ok {
		return perr.Err
	}
	return err
}
