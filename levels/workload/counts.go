package workload

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Counts says how often each word occurs. The zero Counts is an empty table
// that can be read, not written.
//
// As bytes it is the number of words, then each word and its count, sorted by
// the word. Numbers and the lengths of words are varints. Equal counts have
// equal bytes, which is why sums over outputs can be compared.
type Counts map[string]int

// A WordCount is one line of the table.
type WordCount struct {
	Word  string
	Count int
}

// Merge adds the counts of other to c, which must not be nil. It copies the
// words that are new to c, so that c does not keep in memory what other was
// read from.
func (c Counts) Merge(other Counts) {
	for word, n := range other {
		if have, ok := c[word]; ok {
			c[word] = have + n
		} else {
			c[strings.Clone(word)] = n
		}
	}
}

// Total returns the number of words, each as often as it occurs.
func (c Counts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// Top returns the n words that occur most often, or all if there are fewer,
// the most frequent first. Among equally frequent ones the order is the words'.
func (c Counts) Top(n int) []WordCount {
	lines := c.lines()
	slices.SortFunc(lines, func(a, b WordCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Word, b.Word))
	})
	return lines[:min(max(n, 0), len(lines))]
}

func (c Counts) lines() []WordCount {
	lines := make([]WordCount, 0, len(c))
	for word, n := range c {
		lines = append(lines, WordCount{word, n})
	}
	return lines
}

// AppendBinary implements [encoding.BinaryAppender]. It fails if there is an
// empty word or a count below 1, neither of which counting ever makes.
func (c Counts) AppendBinary(b []byte) ([]byte, error) {
	lines := c.lines()
	slices.SortFunc(lines, func(a, b WordCount) int { return strings.Compare(a.Word, b.Word) })
	size := binary.MaxVarintLen64
	for _, line := range lines {
		if line.Word == "" || line.Count < 1 {
			return b, fmt.Errorf("encode counts: %.80q occurs %d times", line.Word, line.Count)
		}
		size += len(line.Word) + 4 // enough for nearly all; append takes care of the rest
	}
	b = binary.AppendUvarint(slices.Grow(b, size), uint64(len(lines)))
	for _, line := range lines {
		b = binary.AppendUvarint(b, uint64(len(line.Word)))
		b = append(b, line.Word...)
		b = binary.AppendUvarint(b, uint64(line.Count))
	}
	return b, nil
}

// MarshalBinary implements [encoding.BinaryMarshaler].
func (c Counts) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]: it replaces c. It
// accepts only what AppendBinary writes, byte for byte, from any source: what
// it allocates is in proportion to data. After an error c is unchanged. The
// words share one copy of data.
func (c *Counts) UnmarshalBinary(data []byte) error {
	counts, err := decodeCounts(string(data))
	if err != nil {
		return fmt.Errorf("decode counts of %d bytes: %w", len(data), err)
	}
	*c = counts
	return nil
}

// minLine is the fewest bytes a line takes: a length, one letter, a count.
const minLine = 3

func decodeCounts(s string) (Counts, error) {
	n, s, err := cutVarint(s)
	if err != nil {
		return nil, err
	}
	if n > uint64(len(s)/minLine) {
		return nil, fmt.Errorf("%d words do not fit in %d bytes", n, len(s))
	}
	counts := make(Counts, n)
	last, total := "", uint64(0)
	for range n {
		var word string
		var count uint64
		if word, count, s, err = cutLine(s); err != nil {
			return nil, err
		}
		if word <= last {
			return nil, fmt.Errorf("%.80q comes after %.80q", word, last)
		}
		if total += count; count < 1 || count > math.MaxInt || total > math.MaxInt {
			return nil, fmt.Errorf("%.80q occurs %d times", word, count)
		}
		counts[word], last = int(count), word
	}
	if s != "" {
		return nil, fmt.Errorf("%d bytes after the last word", len(s))
	}
	return counts, nil
}

// cutLine reads one word and its count, and returns what comes after them too.
func cutLine(s string) (word string, count uint64, rest string, err error) {
	n, s, err := cutVarint(s)
	if err != nil {
		return "", 0, "", err
	}
	if n > uint64(len(s)) {
		return "", 0, "", fmt.Errorf("a word of %d bytes does not fit in %d", n, len(s))
	}
	word, s = s[:n], s[n:]
	count, rest, err = cutVarint(s)
	return word, count, rest, err
}

var errVarint = errors.New("a number is cut short, too large, or longer than it need be")

// cutVarint reads one number. Zeros in front would give equal counts different
// bytes, and are refused.
func cutVarint(s string) (uint64, string, error) {
	n, size := binary.Uvarint([]byte(s[:min(len(s), binary.MaxVarintLen64)]))
	if size <= 0 || size > 1 && s[size-1] == 0 {
		return 0, "", errVarint
	}
	return n, s[size:], nil
}
