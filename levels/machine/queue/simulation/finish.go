package simulation

// A Finish is a call of that script: its sections in the order in which workers send them.
type Finish struct {
	Lane     string
	Most     int // dead letters
	Leave    bool
	Teller   string
	Number   int64
	Done     int
	Recorded []string
	Kept     []Keep
	Bags     []Stow
	Answers  []Answer
	Troubles []Trouble
	Ended    []Indexes
	Whole    []int64
}

// A Keep is outcomes to keep for a time, or, for 0 ms, only to be told.
type Keep struct {
	MS       int64
	Outcomes []Kept
}

// A Stow is bags to keep for a time, by their groups.
type Stow struct {
	MS     int64
	Groups []string
	Bags   []Bag
}

// An Answer is texts for a client.
type Answer struct {
	Client string
	Texts  []string
}

// A Trouble is a job that has not ended for good: 'r' again in ms, 'x' bury, 'b' give back.
type Trouble struct {
	Batch   int64
	Index   int
	Verdict byte
	MS      int64
	Text    string
}

// Indexes are those of a batch that have ended.
type Indexes struct {
	Batch int64
	Index []int
}

// Finish is finish.lua. It counts if it was not run before and the lane has not fallen.
func (s *Store) Finish(a Finish) (answer int, counts bool) {
	s.begin()
	held := s.lanes[a.Lane]
	if held == nil && s.broken != NoFence {
		return 0, false
	}
	if held == nil {
		held = &hash{tellers: map[string]int64{a.Teller: a.Number - 1}}
	}
	switch told := held.tellers[a.Teller] + 1; {
	case told < a.Number:
		return 0, false
	case told == a.Number:
		held.tellers[a.Teller] = told
		counts = true
		s.count(a, held)
	}
	if a.Leave {
		s.back(a.Lane)
		s.spill(s.lanes, a.Lane, 1_000_000, s.giveBack)
	}
	return 1, counts
}

// count takes note of what is told for the first time.
func (s *Store) count(a Finish, held *hash) {
	if a.Done > 0 {
		s.stat["done"] += int64(a.Done)
	}
	for _, id := range a.Recorded {
		s.forget(id)
		s.abort.remove(id)
	}
	for _, k := range a.Kept {
		if k.MS != 0 {
			s.keep(k.MS, k.Outcomes...)
		}
		if s.watched() {
			for _, o := range k.Outcomes {
				s.tell(o.ID, o.Outcome)
			}
		}
	}
	for _, b := range a.Bags {
		s.stow(b)
	}
	for _, b := range a.Answers {
		s.reply(b.Client, b.Texts...)
	}
	for _, t := range a.Troubles {
		batch := s.batch[place{a.Lane, t.Batch}]
		if t.Index < len(batch) && batch[t.Index].Kind != 0 {
			e := batch[t.Index]
			batch[t.Index] = Entry{}
			s.trouble(e, t, a.Most)
		}
	}
	for _, b := range a.Ended {
		if batch := s.batch[place{a.Lane, b.Batch}]; batch != nil {
			for _, i := range b.Index {
				batch[i] = Entry{}
			}
		}
	}
	for _, b := range a.Whole {
		delete(s.batch, place{a.Lane, b})
		for i, n := range held.numbers {
			if n == b {
				held.numbers = append(held.numbers[:i], held.numbers[i+1:]...)
				break
			}
		}
	}
}

func (s *Store) stow(b Stow) {
	for i, group := range b.Groups {
		if s.kept[group] == nil {
			s.kept[group] = &list[Bag]{}
		}
		s.kept[group].pushRight(b.Bags[i])
		s.keptN += int64(len(b.Bags[i]))
		s.later(b.MS, "~"+group)
	}
	if !s.watched() {
		return
	}
	for i, group := range b.Groups {
		for _, k := range b.Bags[i] {
			s.tell(group+"."+k.ID, k.Outcome)
		}
	}
}

func (s *Store) giveBack(e Entry) {
	if e.Kind == 'r' {
		id, tries, text := s.record(e)
		if s.unwanted(id, s.job[id]) {
			return
		}
		if s.broken != GiveBackCosts {
			tries--
		}
		s.state[id] = state{'q', tries, text}
	}
	s.ready.pushLeft(e)
}

func (s *Store) trouble(e Entry, t Trouble, most int) {
	if t.Verdict == 'b' {
		s.giveBack(e)
		return
	}
	id, tries, _ := s.record(e)
	switch {
	case t.Verdict == 'x':
		s.bury(id, tries, t.Text, most)
		return
	case s.unwanted(id, s.job[id]):
		return
	}
	s.stat["retried"]++
	if t.MS > 0 {
		s.postpone(id, s.now()+t.MS, tries, " "+t.Text)
		return
	}
	s.state[id] = state{'q', tries, " " + t.Text}
	s.ready.pushRight(Entry{Kind: 'r', ID: id})
}
