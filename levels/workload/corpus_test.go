package workload_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fourlevels/fourlevels/levels/workload"
)

// folder writes files to a folder that lives as long as the test.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t testing.TB, dir string) *workload.Corpus {
	t.Helper()
	c, err := workload.OpenCorpus(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func paths(c *workload.Corpus) []string {
	var list []string
	for n := range c.Pages() {
		list = append(list, c.Path(n))
	}
	return list
}

func TestPagesAreInTheOrderOfTheirPaths(t *testing.T) {
	dir := folder(t, map[string]string{"b": "1", "a/z": "22", "a.txt": "333", "a-b": "4444", "B": "55555", "a/y/x": "666666"})
	want := []string{"B", "a-b", "a.txt", "a/y/x", "a/z", "b"}
	for range 3 {
		c := open(t, dir)
		if got := paths(c); !slices.Equal(got, want) {
			t.Errorf("pages %q, want %q", got, want)
		}
		if c.Bytes() != 21 {
			t.Errorf("%d bytes, want 21", c.Bytes())
		}
		for n, want := range []string{"55555", "4444", "333", "666666", "22", "1"} {
			if got, err := c.Page(n); err != nil || string(got) != want {
				t.Errorf("page %d: %q, %v, want %q", n, got, err, want)
			}
		}
	}
}

func TestWhatIsAPage(t *testing.T) {
	letters := strings.Repeat("x", workload.SniffSize)
	dir := folder(t, map[string]string{
		"plain":                "a",
		"any.extension":        "a",
		"zero at the start":    "\x00a",
		"zero in the head":     letters[:workload.SniffSize-1] + "\x00a",
		"zero after the head":  letters + "\x00",
		"not UTF-8":            "caf\xe9 au lait",
		"not UTF-8 at the end": "caf\xe9",
		"not UTF-8 later":      letters + "caf\xe9 au lait",
		"cut by the head":      letters[:workload.SniffSize-2] + "\u20ac",
		"cut after one byte":   letters[:workload.SniffSize-1] + "\u20ac",
		"nonsense at the cut":  letters[:workload.SniffSize-1] + "\xffa",
		"empty":                "",
		"large":                strings.Repeat("x", workload.MaxPage),
		"too large":            strings.Repeat("x", workload.MaxPage+1),
		".hidden":              "a",
		".git/config":          "a",
		"deep/.git/config":     "a",
		"not.hidden/a":         "a",
	})
	want := []string{
		"any.extension", "cut after one byte", "cut by the head", "large",
		"not UTF-8 later", "not.hidden/a", "plain", "zero after the head",
	}
	if got := paths(open(t, dir)); !slices.Equal(got, want) {
		t.Errorf("pages %q, want %q", got, want)
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	dir, elsewhere := folder(t, map[string]string{"real/a": "a"}), folder(t, map[string]string{"b": "b"})
	for name, target := range map[string]string{
		"to a file": "real/a", "to a folder": "real", "out": filepath.Join(elsewhere, "b"), "around": ".", "to nothing": "nothing",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got := paths(open(t, dir)); !slices.Equal(got, []string{"real/a"}) {
		t.Errorf("pages %q, want only the file itself", got)
	}

	// The folder itself may be reached through a link.
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	if got := paths(open(t, link)); !slices.Equal(got, []string{"b"}) {
		t.Errorf("pages %q behind a link to the folder", got)
	}
}

func TestHiddenFolderMayBeTheCorpus(t *testing.T) {
	dir := filepath.Join(folder(t, map[string]string{".notes/a": "a"}), ".notes")
	c := open(t, dir)
	if c.Pages() != 1 || c.Name() != ".notes" {
		t.Errorf("%d pages in %q", c.Pages(), c.Name())
	}
}

func TestNameOfARelativeFolder(t *testing.T) {
	dir := folder(t, map[string]string{"poems/a": "a"})
	t.Chdir(filepath.Join(dir, "poems"))
	for _, dir := range []string{".", "../poems", "../poems/"} {
		if name := open(t, dir).Name(); name != "poems" {
			t.Errorf("%s is called %q", dir, name)
		}
	}
}

func TestOpenCorpusRefuses(t *testing.T) {
	dir := folder(t, map[string]string{"file": "a", "binary/a": "\x00", "binary/.hidden": "a"})
	for name, want := range map[string]error{
		"missing":          fs.ErrNotExist,
		"file":             nil,
		"binary":           nil,
		"line\nbreak":      fs.ErrNotExist,
		"file/and/further": nil,
	} {
		c, err := workload.OpenCorpus(filepath.Join(dir, name))
		if err == nil {
			c.Close()
			t.Errorf("%q was opened", name)
			continue
		}
		text := err.Error()
		if strings.Contains(text, "\n") || !strings.Contains(text, fmt.Sprintf("%q", filepath.Join(dir, name))) || strings.Count(text, dir) != 1 {
			t.Errorf("%q: error %q, want one line that names the path once", name, text)
		}
		if want != nil && !errors.Is(err, want) {
			t.Errorf("%q: error %q is not %v", name, text, want)
		}
	}
}

// locked is a file system in which some names cannot be opened, whoever asks.
type locked struct {
	fs.FS
	name string
}

func (l locked) Open(name string) (fs.File, error) {
	if name == l.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return l.FS.Open(name)
}

func TestUnreadableFilesAndFolders(t *testing.T) {
	files := fstest.MapFS{"a/b": {Data: []byte("text")}, "c": {Data: []byte("text")}}
	if pages, err := workload.TextFiles(files); err != nil || len(pages) != 2 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, name := range []string{"a", "a/b", "c"} {
		_, err := workload.TextFiles(locked{files, name})
		if want := fmt.Sprintf("read %q: %v", name, fs.ErrPermission); !errors.Is(err, fs.ErrPermission) || err.Error() != want {
			t.Errorf("%s is unreadable: %v, want %s", name, err, want)
		}
	}
}

func TestPagesThatAreNot(t *testing.T) {
	dir := folder(t, map[string]string{"a": "long", "b": "long", "c": "long", "d": "long"})
	c := open(t, dir)
	for name, text := range map[string]string{"b": "longer", "c": "sho"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "d")); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{-1: "-1", 1: "changed", 2: "changed", 3: `"d"`, 4: "the corpus has 4"} {
		if text, err := c.Page(n); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), dir) {
			t.Errorf("page %d: %q, %v, want an error with %q", n, text, err, want)
		}
	}
	if text, err := c.Page(0); err != nil || string(text) != "long" {
		t.Errorf("page 0: %q, %v", text, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Page(0); err == nil {
		t.Error("a closed corpus gave a page")
	}
}

func TestDefaultCorpus(t *testing.T) {
	c := open(t, "")
	if c.Pages() < 1000 || c.Bytes() < 1<<20 {
		t.Errorf("%d pages of %d bytes in all", c.Pages(), c.Bytes())
	}
	if !slices.Contains(paths(c), "fmt/print.go") {
		t.Error("fmt/print.go is not in it")
	}
	if name := c.Name(); !strings.HasPrefix(name, "go1.") || !strings.HasSuffix(name, "/src") || strings.Count(name, "/") != 1 {
		t.Errorf("it is called %q", name)
	}
}

func TestStandardLibrary(t *testing.T) {
	answer := func(root, version string, err error) func() (string, string, error) {
		return func() (string, string, error) { return root, version, err }
	}
	for version, want := range map[string]string{
		"go1.26.8\n":                        "go1.26.8/src",
		"go1.26.8 X:nodwarf5":               "go1.26.8/src",
		"devel go1.27-0123abc Mon Jan 1 00": "go1.27-0123abc/src",
		"":                                  "go/src",
	} {
		dir, name, err := workload.StandardLibrary(answer("root", version, nil), "elsewhere")
		if err != nil || dir != filepath.Join("root", "src") || name != want {
			t.Errorf("version %q: %q called %q, %v, want %q", version, dir, name, err, want)
		}
	}

	gone := errors.New("no go command")
	dir, name, err := workload.StandardLibrary(answer("", "", gone), "elsewhere")
	if err != nil || dir != filepath.Join("elsewhere", "src") || !strings.HasPrefix(name, "go") {
		t.Errorf("the second choice is %q called %q, %v", dir, name, err)
	}
	if dir, _, err := workload.StandardLibrary(answer("", "", gone), ""); !errors.Is(err, gone) {
		t.Errorf("without a Go installation it is %q, %v", dir, err)
	}
}

func TestDefaultCorpusOfABrokenInstallation(t *testing.T) {
	t.Setenv("GOROOT", t.TempDir())
	c, err := workload.OpenCorpus("")
	if err == nil {
		c.Close()
		t.Fatal("a folder without a source was opened")
	}
	if want := os.Getenv("GOROOT"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want one that names %q", err, want)
	}
}

// A program that was built with -trimpath does not know where it came from.
func TestDefaultCorpusWithoutAGoCommand(t *testing.T) {
	t.Setenv("PATH", "")
	switch c, err := workload.OpenCorpus(""); {
	case err != nil && !strings.HasSuffix(err.Error(), "install Go, or name a folder of text"):
		t.Errorf("error %q does not say what to do", err)
	case err == nil:
		if c.Pages() < 1000 {
			t.Errorf("only %d pages", c.Pages())
		}
		c.Close()
	}
}

func BenchmarkOpenCorpus(b *testing.B) {
	for b.Loop() {
		c, err := workload.OpenCorpus("")
		if err != nil {
			b.Fatal(err)
		}
		if c.Pages() < 1000 {
			b.Fatalf("only %d pages", c.Pages())
		}
		c.Close()
	}
}
