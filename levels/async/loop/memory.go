package loop

const (
	maxLent  = 64 << 10 // of one body: larger ones are not worth keeping
	maxSpare = 64       // bodies
)

// A memory is that of bodies which were lent and have come back. New memory for each is
// what a fetch would spend most of its own time on: it is cleared, and collected.
type memory struct{ spare [][]byte }

// take returns an empty body with room for n bytes.
func (m *memory) take(n int) []byte {
	if m != nil && len(m.spare) > 0 {
		last := len(m.spare) - 1
		b := m.spare[last]
		m.spare = m.spare[:last] // in any case, or small ones would stay for ever
		if cap(b) >= n {
			return b[:0]
		}
	}
	return make([]byte, 0, n)
}

// giveBack takes back what nobody uses any more.
func (m *memory) giveBack(body []byte) {
	if cap(body) > 0 && cap(body) <= maxLent && len(m.spare) < maxSpare {
		m.spare = append(m.spare, body)
	}
}
