package live

import "time"

// A State is what a lane does during a span. Its glyph is what a terminal draws it with.
type State string

const (
	Running State = "run"   // █ has a processor, or wants one
	Waiting State = "wait"  // ░ waits for somebody: a server, a lock, a timer
	Queued  State = "queue" // · is there, and nobody has begun it
	Lost    State = "lost"  // × began, and nobody will end it
	Again   State = "again" // ↻ runs though it had begun before
	Dark    State = "dark"  // ▒ is not there: killed, unplugged or cut off
)

// Glyphs are the states in the order of a legend.
var Glyphs = []struct {
	State State
	Glyph rune
	ASCII rune // where a terminal has no other
	Means string
}{
	{Running, '█', '#', "running"},
	{Waiting, '░', '-', "waiting"},
	{Queued, '·', '.', "queued"},
	{Lost, '×', 'x', "lost"},
	{Again, '↻', '@', "again"},
	{Dark, '▒', '%', "gone"},
}

// A Span is a lane in one state for a while. Its times are nanoseconds since the show
// began, on the clock of the one who shows. While T1 is 0 it goes on; the same lane and T0
// with a T1 end it.
type Span struct {
	Lane  string `json:"lane"` // as in "thread 2": a lane does one thing at a time
	Host  string `json:"host,omitempty"`
	PID   int    `json:"pid,omitempty"`
	Task  int    `json:"task"` // its number; below 0 for what is no task
	State State  `json:"state"`
	T0    int64  `json:"t0"`
	T1    int64  `json:"t1,omitempty"`
}

// A Scene begins with empty lanes, and no counters, bars or points. What the one before
// showed last stays where it can be scrolled back to.
type Scene struct {
	Title string   `json:"title"`
	Text  string   `json:"text,omitempty"`  // a sentence or two: what to look at
	Lanes []string `json:"lanes,omitempty"` // from the top; others are added below as they come

	// Together says that the lanes are drawn as if they had begun at once, though they ran
	// one after another: spans keep the time since their lane's turn began. The time axis
	// then ends with the last span and not now, and a span that goes on is as long as it
	// was watched: from T0 for the time since its event.
	Together bool `json:"together,omitempty"`
}

// A Count is a number that goes up and down beside the lanes, such as jobs lost.
type Count struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"` // as in "ms"
	Bad   bool    `json:"bad,omitempty"`  // should be 0
}

// A Point is one value of a series that is drawn as a line over time.
type Point struct {
	Series string  `json:"series"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit,omitempty"`
}

// Bars are quantities to compare, drawn to scale. They replace those of the same title.
type Bars struct {
	Title string `json:"title"`
	Unit  string `json:"unit"`
	Log   bool   `json:"log,omitempty"` // equal distances are equal ratios; said beside them
	Bars  []Bar  `json:"bars"`
}

// A Bar is one of them. A value below 0 is not known yet.
type Bar struct {
	Label string  `json:"label"`
	Value float64 `json:"value"`
	Note  string  `json:"note,omitempty"`
}

// A Vote asks the audience before it sees. Answer is the right choice, counted from 1, or
// 0 while nobody should know.
type Vote struct {
	Question string   `json:"question"`
	Choices  []string `json:"choices"`
	Answer   int      `json:"answer,omitempty"`
}

// A Table is what stays at the end: the demo's numbers.
type Table struct {
	Title string     `json:"title"`
	Head  []string   `json:"head"`
	Rows  [][]string `json:"rows"`
	Note  string     `json:"note,omitempty"`
}

// An Event is one thing that happened on the stage. Exactly one of its parts is there.
type Event struct {
	At    time.Duration `json:"at"` // since the show began, in nanoseconds
	Scene *Scene        `json:"scene,omitempty"`
	Span  *Span         `json:"span,omitempty"`
	Count *Count        `json:"count,omitempty"`
	Point *Point        `json:"point,omitempty"`
	Bars  *Bars         `json:"bars,omitempty"`
	Vote  *Vote         `json:"vote,omitempty"`
	Table *Table        `json:"table,omitempty"`
	Say   string        `json:"say,omitempty"` // a caption: the speaker's sentence
}
