package pitfall

import "strings"

// Mark is the comment on a broken program's wrong line.
const Mark = "// WRONG:"

// Source is the text of broken.go or fixed.go.
func (p Pitfall) Source(which Which) (string, error) {
	text, err := p.Code.ReadFile(string(which) + ".go")
	return string(text), err
}

// Body is a source without its package clause and imports: what goes on a slide.
func Body(source string) string {
	_, rest, _ := strings.Cut(source, "\npackage ")
	if rest == "" {
		_, rest, _ = strings.Cut(source, "package ")
	}
	_, rest, _ = strings.Cut(rest, "\n")
	for {
		rest = strings.TrimLeft(rest, "\n")
		switch {
		case strings.HasPrefix(rest, "import ("):
			_, rest, _ = strings.Cut(rest, "\n)\n")
		case strings.HasPrefix(rest, "import "):
			_, rest, _ = strings.Cut(rest, "\n")
		default:
			return strings.TrimRight(rest, "\n") + "\n"
		}
	}
}
