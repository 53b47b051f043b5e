package simulation

import (
	"cmp"
	"slices"
)

// A list is Redis' LIST: it grows and shrinks at both ends.
type list[T any] struct {
	items []T
	head  int // items before it are free
}

func (l *list[T]) all() []T { return l.items[l.head:] }

func (l *list[T]) size() int { return len(l.items) - l.head }

func (l *list[T]) pushRight(v ...T) {
	if l.head > 0 && len(l.items)+len(v) > cap(l.items) { // there is room at the front
		l.items, l.head = l.items[:copy(l.items, l.all())], 0
	}
	l.items = append(l.items, v...)
}

func (l *list[T]) pushLeft(v T) {
	if l.head == 0 {
		room := len(l.items) + 16
		l.items = append(make([]T, room, room+len(l.items)+16), l.items...)
		l.head = room
	}
	l.head--
	l.items[l.head] = v
}

// popLeft takes n items at most. They are good until the next push.
func (l *list[T]) popLeft(n int) []T {
	n = min(n, l.size())
	taken := l.items[l.head : l.head+n]
	if l.head += n; l.head == len(l.items) {
		l.items, l.head = l.items[:0], 0
	}
	return taken
}

func (l *list[T]) popRight(n int) []T {
	n = min(n, l.size())
	taken := slices.Clone(l.items[len(l.items)-n:])
	l.items = l.items[:len(l.items)-n]
	return taken
}

// A zset is Redis' ZSET: members in the order of their scores, and of their names
// where these are equal.
type zset struct {
	scores map[string]int64
	order  []scored
}

type scored struct {
	score  int64
	member string
}

func compare(a, b scored) int {
	return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.member, b.member))
}

func (z *zset) add(member string, score int64) {
	if old, ok := z.scores[member]; ok {
		if old == score {
			return
		}
		z.remove(member)
	}
	if z.scores == nil {
		z.scores = map[string]int64{}
	}
	z.scores[member] = score
	v := scored{score, member}
	at, _ := slices.BinarySearchFunc(z.order, v, compare)
	z.order = slices.Insert(z.order, at, v)
}

func (z *zset) remove(member string) bool {
	score, ok := z.scores[member]
	if !ok {
		return false
	}
	delete(z.scores, member)
	at, _ := slices.BinarySearchFunc(z.order, scored{score, member}, compare)
	z.order = slices.Delete(z.order, at, at+1)
	return true
}

// until returns the members with scores up to most, n of them at most.
func (z *zset) until(most int64, n int) (members []string) {
	for _, v := range z.order {
		if v.score > most || len(members) == n {
			break
		}
		members = append(members, v.member)
	}
	return members
}

// from returns the members with scores from least on.
func (z *zset) from(least int64) (members []string) {
	at, _ := slices.BinarySearchFunc(z.order, least, func(v scored, least int64) int { return cmp.Compare(v.score, least) })
	for _, v := range z.order[at:] {
		members = append(members, v.member)
	}
	return members
}

// first returns the member with the lowest score.
func (z *zset) first() (v scored, ok bool) {
	if len(z.order) == 0 {
		return v, false
	}
	return z.order[0], true
}
