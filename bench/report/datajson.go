package report

import (
	"bytes"
	"encoding/json"
)

// schema is the number of the JSON's shape. It rises when a field changes its
// meaning or goes away; new fields leave it alone.
const schema = 1

// The shapes of the JSON. Figures are in base units; null is absent.
type (
	jsonRun struct {
		Schema   int               `json:"schema"`
		Name     string            `json:"name"`
		Raw      string            `json:"raw"`
		Partial  string            `json:"partial,omitempty"`
		Config   map[string]string `json:"config"`
		Tables   []jsonTable       `json:"tables"`
		Sections []jsonSection     `json:"sections"`
		Notes    []string          `json:"notes"`
	}
	jsonSection struct {
		Section string     `json:"section"`
		Title   string     `json:"title"`
		About   string     `json:"about"`
		Axis    string     `json:"axis,omitempty"`
		Lines   []jsonLine `json:"lines"`
		Notes   []string   `json:"notes,omitempty"`
	}
	jsonLine struct {
		Label   string               `json:"label"`
		Level   string               `json:"level,omitempty"`
		Impl    string               `json:"impl,omitempty"`
		Work    string               `json:"work,omitempty"`
		Grain   string               `json:"grain,omitempty"`
		At      string               `json:"at,omitempty"`
		Invalid *string              `json:"invalid"`
		Says    string               `json:"says,omitempty"`
		Figures map[string]*jsonCell `json:"figures"`
		Absent  map[string]string    `json:"absent,omitempty"` // figures, and why
	}
	jsonTable struct {
		Work    string    `json:"work"`
		Grain   string    `json:"grain,omitempty"`
		Verdict string    `json:"verdict"`
		Noise   string    `json:"noise,omitempty"`
		Rows    []jsonRow `json:"rows"`
	}
	jsonRow struct {
		Label   string            `json:"label"`
		Level   string            `json:"level"`
		Impl    string            `json:"impl"`
		AtOnce  *int              `json:"at_once"`
		More    map[string]string `json:"more"`
		Invalid *string           `json:"invalid"`
		Rate    *jsonCell         `json:"tasks_per_s"`
		Gain    *jsonCell         `json:"vs_serial"`
		P50     *jsonCell         `json:"p50_s"`
		P99     *jsonCell         `json:"p99_s"`
		CPU     *jsonCell         `json:"cpu_s_per_task"`
		Memory  *jsonCell         `json:"peak_memory_bytes"`
		Absent  map[string]string `json:"absent,omitempty"`
	}
	jsonCell struct {
		Center *float64 `json:"center"`
		Lo     *float64 `json:"lo"`
		Hi     *float64 `json:"hi"`
		N      int      `json:"n"`
		Best   bool     `json:"best"`
	}
)

func (r *Run) writeJSON(page *bytes.Buffer) error {
	run := jsonRun{Schema: schema, Name: r.Name, Raw: r.Raw, Partial: r.Partial,
		Config: map[string]string{}, Tables: []jsonTable{}, Sections: []jsonSection{}, Notes: r.Notes}
	for _, s := range r.Config {
		run.Config[s.Key] = s.Value
	}
	for _, t := range r.Tables {
		table := jsonTable{Work: t.Work, Grain: t.Grain, Verdict: t.Verdict, Noise: t.Noise}
		for i := range t.Rows {
			table.Rows = append(table.Rows, toJSON(&t.Rows[i]))
		}
		run.Tables = append(run.Tables, table)
	}
	for i := range r.Sections {
		run.Sections = append(run.Sections, sectionToJSON(&r.Sections[i]))
	}
	out := json.NewEncoder(page)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(run)
}

func sectionToJSON(s *Section) jsonSection {
	section := jsonSection{Section: s.Key, Title: s.Title, About: s.About, Axis: s.Axis, Lines: []jsonLine{}, Notes: s.Notes}
	for i := range s.Lines {
		l := &s.Lines[i]
		line := jsonLine{Label: l.Label, Level: l.Level, Impl: l.Impl, Work: l.Work, Grain: l.Grain, At: l.At, Says: l.Says,
			Figures: map[string]*jsonCell{}, Absent: map[string]string{}}
		if l.Invalid != "" {
			line.Invalid = &l.Invalid
		}
		for _, f := range s.figures(l) {
			line.Figures[f.Field] = cellToJSON(f.Cell)
		}
		for j, c := range l.Cells {
			if c.Why != "" {
				line.Absent[s.Heads[j].Field] = c.Why
			}
		}
		section.Lines = append(section.Lines, line)
	}
	return section
}

func toJSON(r *Row) jsonRow {
	row := jsonRow{Label: r.Label, Level: r.Level, Impl: r.Impl, More: map[string]string{}, Absent: map[string]string{},
		Rate: cellToJSON(r.Rate), Gain: cellToJSON(r.Gain), P50: cellToJSON(r.P50), P99: cellToJSON(r.P99),
		CPU: cellToJSON(r.CPU), Memory: cellToJSON(r.Memory)}
	for _, c := range columns {
		if cell := c.of(r); cell.Why != "" {
			row.Absent[c.field] = cell.Why
		}
	}
	for _, m := range r.More {
		row.More[m.Key] = m.Value
	}
	if r.AtOnce > 0 {
		row.AtOnce = &r.AtOnce
	}
	if r.Invalid != "" {
		row.Invalid = &r.Invalid
	}
	return row
}

func cellToJSON(c Cell) *jsonCell {
	if c.N == 0 {
		return nil
	}
	center, lo, hi := figures(c)
	return &jsonCell{center, lo, hi, c.N, c.Best}
}
