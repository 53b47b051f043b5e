package workload

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
)

const (
	maxPage   = 1 << 20 // the largest file that is a page
	sniffSize = 8 << 10 // how much of a file decides whether it is text

	// sniffers look into files together. Where nothing is cached that halves
	// the wait for the disk, from 1.1 to 0.6 seconds; otherwise it makes little
	// difference.
	sniffers = 8
)

// textFiles returns the pages of fsys in the byte order of their paths. A walk
// has another order: it enters "a" before it sees "a.txt".
func textFiles(fsys fs.FS) ([]page, error) {
	pages, err := files(fsys)
	if err != nil {
		return nil, err
	}
	if err := sniff(fsys, pages); err != nil {
		return nil, err
	}
	pages = slices.DeleteFunc(pages, func(p page) bool { return !p.text })
	if len(pages) == 0 {
		return nil, errors.New("no text file in it")
	}
	slices.SortFunc(pages, func(a, b page) int { return cmp.Compare(a.path, b.path) })
	return pages, nil
}

// files lists the files that may be pages, by what can be told without opening them.
func files(fsys fs.FS) ([]page, error) {
	var pages []page
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("read %q: %w", path, reason(err))
		case path != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return fmt.Errorf("read %q: %w", path, reason(err))
		}
		if size := info.Size(); 0 < size && size <= maxPage {
			pages = append(pages, page{path: path, size: size})
		}
		return nil
	})
	return pages, err
}

// sniff looks into each of pages and marks those that are text.
func sniff(fsys fs.FS, pages []page) error {
	var group errgroup.Group
	var next atomic.Int64
	for range sniffers {
		group.Go(func() error {
			head := make([]byte, sniffSize)
			// Each goroutine writes only to the pages it has drawn a number for.
			for i := next.Add(1) - 1; i < int64(len(pages)); i = next.Add(1) - 1 {
				var err error
				if pages[i].text, err = isText(fsys, pages[i].path, head); err != nil {
					return fmt.Errorf("read %q: %w", pages[i].path, reason(err))
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// isText reads the beginning of a file into head and judges by that.
func isText(fsys fs.FS, path string, head []byte) (bool, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, err
	}
	if n == len(head) {
		n -= cutRune(head)
	}
	return bytes.IndexByte(head[:n], 0) < 0 && utf8.Valid(head[:n]), nil
}

// cutRune returns how many bytes at the end of b begin a character and do not
// finish it: the cut may go through one.
func cutRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
