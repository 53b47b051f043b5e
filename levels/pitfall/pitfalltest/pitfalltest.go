// Package pitfalltest holds an entry of the catalogue to what it says.
//
// The test of a pitfall is a few lines:
//
//	func TestMain(m *testing.M) { pitfalltest.Main(m, Pitfall) }
//
//	func TestPitfall(t *testing.T) { pitfalltest.Prove(t, Pitfall) }
package pitfalltest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// Main is the whole of a TestMain: the processes of a proof are the test binary. No
// goroutine may be left in the end: even what the broken programs start is ended.
func Main(m *testing.M, all ...pitfall.Pitfall) {
	pitfall.Child(all...)
	goleak.VerifyTestMain(m)
}

// Prove checks the entry, and proves both of its directions. What cannot be proven here
// is skipped, with the reason. The race detector slows computing down unevenly: ratios of
// computing times are proven by the same test, built without it.
func Prove(t *testing.T, p pitfall.Pitfall) {
	t.Helper()
	for _, wrong := range Check(p) {
		t.Error(wrong)
	}
	if instrumented && (p.Class == pitfall.CPU || p.Class == pitfall.Par) {
		withoutRace(t)
		return
	}
	proof, err := p.Prove(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	switch proof.Ruling {
	case pitfall.NotHere:
		t.Skip(proof.Why)
	case pitfall.Refuted:
		t.Errorf("%s\nbroken: %+v\nfixed: %+v", proof.Why, proof.Broken, proof.Fixed)
	}
	t.Logf("%s: broken %.4g, fixed %.4g %s (%v)", p.ID, proof.Broken.Number, proof.Fixed.Number, p.Unit, proof.Took)
}

// withoutRace runs this very test once more, in a binary without the race detector.
func withoutRace(t *testing.T) {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-run", "^"+t.Name()+"$", ".").CombinedOutput()
	t.Logf("without the race detector:\n%s", said)
	switch {
	case err != nil:
		t.Error(err)
	case bytes.Contains(said, []byte("--- SKIP: "+t.Name())):
		t.Skip("skipped without the race detector, too")
	case !bytes.Contains(said, []byte("--- PASS: "+t.Name())):
		t.Error("it was not run")
	}
}

// Check says what is wrong with an entry, as far as can be told without running it.
func Check(p pitfall.Pitfall) (wrong []string) {
	want := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: "+format, append([]any{p.ID}, args...)...))
		}
	}
	for field, text := range map[string]string{"ID": p.ID, "Name": p.Name, "Title": p.Title, "Story": p.Story, "Unit": p.Unit, "Why": p.Why,
		"Fix": p.Fix, "Price": p.Price, "Question": p.Ask.Question, "Hints[0]": p.Hints[0], "Hints[1]": p.Hints[1], "Hints[2]": p.Hints[2]} {
		want(strings.TrimSpace(text) == text && text != "", "%s is %q", field, text)
	}
	want(len(p.Sources) > 0 && !slices.Contains(p.Sources, ""), "no source says where it was met")
	want(slices.Contains(pitfall.Levels, p.Level), "level %q is none of %v", p.Level, pitfall.Levels)
	want(p.Broken != nil && p.Fixed != nil && p.Work > 0, "a program, or its amount of work, is missing")
	want(p.Class.Timed() == (p.Yardstick != nil), "class %s and its yardstick do not fit", p.Class)
	want(p.Breaks.Min > p.Holds.Max, "the broken program shows %s, the fixed one %s: these cannot be told apart", p.Breaks, p.Holds)
	want(p.Class.Timed() || p.Holds == pitfall.Range{}, "forbidden outcomes are 0 once it is fixed")
	want(p.Least <= p.Work && p.Least >= 0 && p.Shows >= 0, "of %d pieces of work %d must end as expected", p.Work, p.Least)
	right := 0
	for _, c := range p.Ask.Choices {
		want(c.Says != "", "a choice is empty")
		if p.Breaks.Within(c.If) {
			right++
		}
	}
	want(right == 1, "%d choices are right, not one", right)
	return append(wrong, checkCode(p)...)
}

// What goes on a slide.
const (
	widest  = 100 // columns, with a tab as 4
	longest = 40  // lines
)

// checkCode wants the same signature twice, the wrong line marked, and room on a slide.
func checkCode(p pitfall.Pitfall) (wrong []string) {
	signatures := map[pitfall.Which]string{}
	for _, which := range []pitfall.Which{pitfall.Broken, pitfall.Fixed} {
		code, err := p.Source(which)
		if err != nil {
			return append(wrong, fmt.Sprintf("%s: %v", p.ID, err))
		}
		if signatures[which], err = signature(code, string(which)); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %s.go: %v", p.ID, which, err))
		}
		for i, line := range strings.Split(code, "\n") {
			if columns := len([]rune(strings.ReplaceAll(line, "\t", "    "))); columns > widest {
				wrong = append(wrong, fmt.Sprintf("%s: %s.go:%d has %d columns: a slide has %d", p.ID, which, i+1, columns, widest))
			}
		}
		if lines := strings.Count(pitfall.Body(code), "\n"); lines > longest {
			wrong = append(wrong, fmt.Sprintf("%s: %s.go has %d lines: a slide has %d", p.ID, which, lines, longest))
		}
		if marked := strings.Contains(code, pitfall.Mark); marked != (which == pitfall.Broken) {
			wrong = append(wrong, fmt.Sprintf("%s: %s.go: marked with %q: %v", p.ID, which, pitfall.Mark, marked))
		}
	}
	if signatures[pitfall.Broken] != signatures[pitfall.Fixed] {
		wrong = append(wrong, fmt.Sprintf("%s: broken is %s, but fixed is %s", p.ID, signatures[pitfall.Broken], signatures[pitfall.Fixed]))
	}
	return wrong
}

// signature is that of the function of that name.
func signature(code, name string) (string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name+".go", code, 0)
	if err != nil {
		return "", err
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name {
			var out bytes.Buffer
			err := printer.Fprint(&out, files, f.Type)
			return out.String(), err
		}
	}
	return "", fmt.Errorf("it has no func %s", name)
}
