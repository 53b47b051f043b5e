package loop

// A link is part of what it links, so that joining a list and leaving it allocate
// nothing and take the same time however long the list is.
type link[T any] struct {
	next, prev *link[T] // nil while it is in no list
	of         T
}

// A list is a ring of links. The zero list is empty; it must not be copied.
type list[T any] struct{ root link[T] }

func (l *list[T]) ring() *link[T] {
	if l.root.next == nil {
		l.root.next, l.root.prev = &l.root, &l.root
	}
	return &l.root
}

// push adds a link at the end.
func (l *list[T]) push(k *link[T], of T) { k.join(l.ring().prev, of) }

// jump adds a link at the front.
func (l *list[T]) jump(k *link[T], of T) { k.join(l.ring(), of) }

func (k *link[T]) join(prev *link[T], of T) {
	k.of, k.prev, k.next = of, prev, prev.next
	k.prev.next, k.next.prev = k, k
}

// leave takes the link out of its list, if it is in one.
func (k *link[T]) leave() {
	if k.next != nil {
		k.prev.next, k.next.prev = k.next, k.prev
		k.next, k.prev = nil, nil
	}
}

// first returns what is at the front, or the zero T: that is what the root holds.
func (l *list[T]) first() T { return l.ring().next.of }

// last returns what is at the end, or the zero T.
func (l *list[T]) last() T { return l.ring().prev.of }
