package chart

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"regexp"
	"strings"
	"testing"
)

func written(t *testing.T, p Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The policy lets the page's own style and script run, by their sums: if the template
// changed a single byte of them, browsers would refuse them.
func TestPolicyKnowsStyleAndScript(t *testing.T) {
	page := written(t, Page{Title: "x"})
	policy := html.UnescapeString(regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)[1])
	for _, tag := range []string{"style", "script"} {
		text := regexp.MustCompile(`(?s)<` + tag + `>(.*?)</` + tag + `>`).FindStringSubmatch(page)[1]
		s := sha256.Sum256([]byte(text))
		if want := tag + "-src 'sha256-" + base64.StdEncoding.EncodeToString(s[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("the policy is %s, want %s", policy, want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
}

// Whatever texts say, they stay texts, and a link leads to the web or nowhere.
func TestPageIsInert(t *testing.T) {
	figure := Figure{ID: "f", Title: hostile, Caption: hostile, SVG: Rows{Title: hostile, Rows: []Row{{Label: hostile}}}.SVG(), Says: []string{hostile}, Notes: []string{hostile},
		Table: Table{Head: []string{hostile}, Rows: [][]Cell{{{Text: hostile, Href: "javascript:alert(1)"}, {Text: "fine", Href: "https://example.org/a?b=c&d"}}}, Notes: []string{hostile}}}
	page := written(t, Page{Title: hostile, Facts: []string{hostile}, Alerts: []string{hostile}, Sections: []Section{{ID: "s", Title: hostile, Short: hostile, Says: []string{hostile},
		Figures: []Figure{figure}, Tables: []Table{figure.Table}, Code: []string{hostile}, Notes: []string{hostile}, Links: []Link{NewLink(hostile, "a.txt", "text/plain", []byte(hostile))}}}})
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("have %d scripts, want its own", n)
	}
	if strings.Contains(page, "javascript:") || !strings.Contains(page, `href="https://example.org/a?b=c&amp;d"`) {
		t.Error("a link leads where it must not, or not where it should")
	}
	if want := strings.Count(page, "<svg viewBox"); want != strings.Count(page, "<details") || want != 1 {
		t.Errorf("have %d charts and %d tables behind them", want, strings.Count(page, "<details"))
	}
	for _, outside := range regexp.MustCompile(`(?:src|href)="([^"#][^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(outside[1], "data:") && !strings.HasPrefix(outside[1], "https://example.org/") && outside[1] != "#ZgotmplZ" {
			t.Errorf("the page refers to %s", outside[1])
		}
	}
}
