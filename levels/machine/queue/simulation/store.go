package simulation

// A Store is Redis with one queue in it: what the scripts in ../lua do, as plain
// functions over plain data, one of each name. The differential test holds them against
// the scripts. Bytes are not modelled: payloads are numbers, and no answer is too large.
type Store struct {
	Now int64 // Redis' clock in ms

	broken  Broken
	ended   func(m *Message, outcome string) // a job has an outcome, or is a dead letter
	renewed func(lane string, until int64)   // a lease runs until then
	lapsed  func(lane string, m *Message)    // a lane has fallen with this job in it
	dropped func(before sent, a Enqueue)     // a number was forgotten before its time

	asked   bool    // the script at work has asked for the time
	watches []int64 // the minutes for which somebody watches, once the script has looked
	looked  bool
	popped  []Entry // by the claim at work

	ready  list[Entry]
	due    zset
	job    map[string]*Message
	state  map[string]state
	lease  zset
	lanes  map[string]*hash // lane:<id>
	fell   map[string]*hash // fell:<id>
	batch  map[place][]Entry
	hand   map[string]*list[Entry]
	late   zset // by seconds
	abort  zset
	dead   zset
	done   map[string]string
	exp    zset
	exps   map[string]*list[string] // exp:<second>
	kept   map[string]*list[Bag]
	keptN  int64
	stat   map[string]int64
	sent   map[string]sent
	cron   map[string]int64
	watch  map[int64]map[string][]string
	paused bool

	Replies map[string][]string // what a client's stream holds
}

// A Message is a job's envelope.
type Message struct {
	Max      int   // tries
	Keep     int64 // how long its outcome is kept, in ms
	Enqueued int64
	Client   string // who waits for its outcome, or ""
	N        int    // the payload
}

// An Entry is what lies in ready, a hand or a batch: a plain job 'p', one with a record 'r',
// a nudge 'w', what cannot be read '?', and in a batch one that has ended, 0.
type Entry struct {
	Kind byte
	ID   string   // of '?' the whole entry
	M    *Message // of 'p'
}

// A state is that of a job with a record: q waits, d deferred, r runs, x dead.
type state struct {
	letter byte
	tries  int
	text   string // the last error, after a space
}

// A hash is that of a lane.
type hash struct {
	next    int64 // the number of the next batch; 0 means that the field is missing
	tellers map[string]int64
	numbers []int64
}

type place struct {
	lane   string
	number int64
}

// A sent is the last number of a stream of calls, and its verdicts.
type sent struct {
	number   int64
	verdicts string
	until    int64 // by Redis' clock, as all that expires
}

// A Bag holds short outcomes of plain jobs of one group.
type Bag []Kept

// A Kept is an outcome that is kept under an id, or in a bag under a member.
type Kept struct{ ID, Outcome string }

// NewStore returns an empty one.
func NewStore() *Store {
	return &Store{
		ended: func(*Message, string) {}, renewed: func(string, int64) {}, lapsed: func(string, *Message) {}, dropped: func(sent, Enqueue) {},
		job: map[string]*Message{}, state: map[string]state{}, lanes: map[string]*hash{}, fell: map[string]*hash{},
		batch: map[place][]Entry{}, hand: map[string]*list[Entry]{}, done: map[string]string{},
		exps: map[string]*list[string]{}, kept: map[string]*list[Bag]{}, stat: map[string]int64{}, sent: map[string]sent{},
		cron: map[string]int64{}, watch: map[int64]map[string][]string{}, Replies: map[string][]string{},
	}
}
