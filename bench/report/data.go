package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strconv"
)

// schema is the number of the JSON's shape. It rises when a field changes its
// meaning or goes away; new fields leave it alone.
const schema = 1

// writeCSV writes a line for each row: figures in base units (tasks a second,
// seconds, bytes), each followed by the bounds of its interval and by n. What
// is absent or unbounded is empty.
func (r *Run) writeCSV(page *bytes.Buffer) error {
	out := csv.NewWriter(page)
	head := []string{"work", "grain", "label", "level", "impl", "at_once"}
	for _, c := range columns {
		head = append(head, c.field, c.field+"_lo", c.field+"_hi", c.field+"_n")
	}
	lines := [][]string{append(head, "invalid")}
	for _, t := range r.Tables {
		for i := range t.Rows {
			row := &t.Rows[i]
			line := []string{t.Work, t.Grain, row.Label, row.Level, row.Impl, whole(row.AtOnce)}
			for _, c := range columns {
				cell := c.of(row)
				center, lo, hi := figures(*cell)
				line = append(line, decimal(center), decimal(lo), decimal(hi), whole(cell.N))
			}
			lines = append(lines, append(line, row.Invalid))
		}
	}
	return out.WriteAll(lines)
}

// figures are the numbers of a cell; nil stands for one that is absent.
func figures(c Cell) (center, lo, hi *float64) {
	known := func(v float64) *float64 {
		if c.N == 0 || !finite(v) {
			return nil
		}
		return &v
	}
	return known(c.Center), known(c.Lo), known(c.Hi)
}

func decimal(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

func whole(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// The shapes of the JSON. Figures are in base units; null is absent.
type (
	jsonRun struct {
		Schema  int               `json:"schema"`
		Name    string            `json:"name"`
		Raw     string            `json:"raw"`
		Partial string            `json:"partial,omitempty"`
		Config  map[string]string `json:"config"`
		Tables  []jsonTable       `json:"tables"`
		Notes   []string          `json:"notes"`
	}
	jsonTable struct {
		Work    string    `json:"work"`
		Grain   string    `json:"grain,omitempty"`
		Verdict string    `json:"verdict"`
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
		Config: map[string]string{}, Tables: []jsonTable{}, Notes: r.Notes}
	for _, s := range r.Config {
		run.Config[s.Key] = s.Value
	}
	for _, t := range r.Tables {
		table := jsonTable{Work: t.Work, Grain: t.Grain, Verdict: t.Verdict}
		for i := range t.Rows {
			table.Rows = append(table.Rows, toJSON(&t.Rows[i]))
		}
		run.Tables = append(run.Tables, table)
	}
	out := json.NewEncoder(page)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(run)
}

func toJSON(r *Row) jsonRow {
	row := jsonRow{Label: r.Label, Level: r.Level, Impl: r.Impl, More: map[string]string{},
		Rate: cellToJSON(r.Rate), Gain: cellToJSON(r.Gain), P50: cellToJSON(r.P50), P99: cellToJSON(r.P99),
		CPU: cellToJSON(r.CPU), Memory: cellToJSON(r.Memory)}
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
