package chart

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
)

// A Page is one HTML file with all that it needs. Its policy forbids it to ask anybody
// for anything, and to run any script but its own.
type Page struct {
	Title    string
	Facts    []string // under the title
	Alerts   []string // what the reader must know first
	Sections []Section
}

// A Section has figures beside each other, and texts around them.
type Section struct {
	ID, Title string
	Short     string   // in the list of contents; "" stays out of it
	Says      []string // above the figures
	Figures   []Figure
	Tables    []Table // without a chart
	Code      []string
	Links     []Link
	Notes     []string // below
}

// A Figure is a chart with the table behind it.
type Figure struct {
	ID, Title, Caption string
	SVG                template.HTML // of this package
	Says               []string      // what follows from it
	Notes              []string      // in small print
	Table              Table
}

// A Table is a table.
type Table struct {
	Title string
	Head  []string
	Rows  [][]Cell
	Notes []string
}

// A Cell is a text, perhaps with a link.
type Cell struct {
	Text string
	Href string // http or https; anything else becomes no link
	Best bool
	Bad  bool
}

// A Link offers the reader a file that is in the page.
type Link struct {
	Text, File string
	href       template.URL
}

// NewLink puts a file into the page.
func NewLink(text, file, mime string, data []byte) Link {
	return Link{text, file, template.URL("data:" + mime + ";base64," + base64.StdEncoding.EncodeToString(data))}
}

// Href is the file itself.
func (l Link) Href() template.URL { return l.href }

// Texts makes a row of cells.
func Texts(texts ...string) (cells []Cell) {
	for _, t := range texts {
		cells = append(cells, Cell{Text: t})
	}
	return cells
}

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Write writes the page in one piece.
func (p Page) Write(w io.Writer) error {
	var page bytes.Buffer
	err := pageTemplate.Execute(&page, struct {
		Page
		Style  template.CSS
		Script template.JS
		Policy string
		Shapes template.HTML
	}{p, template.CSS(pageStyle), template.JS(pageScript), policy, Shapes()})
	if err != nil {
		return err
	}
	_, err = w.Write(page.Bytes())
	return err
}

// policy allows the page its own style and script, by their sums, and nothing else.
var policy = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src '" + sum(pageStyle) + "'; script-src '" + sum(pageScript) + "'"

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(s[:])
}
