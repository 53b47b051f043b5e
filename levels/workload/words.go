package workload

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
	"math/rand/v2"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// ascii says of each byte whether it is an ASCII character that words are made of.
var ascii = func() (table [256]bool) {
	for c := range rune(utf8.RuneSelf) {
		table[c] = isWord(c)
	}
	return table
}()

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// words yields the words of text from left to right, as slices of it. A word is
// a longest run of letters, digits and underscores.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < len(text); {
			if c := text[i]; c < utf8.RuneSelf && !ascii[c] {
				i++
				continue
			}
			end := wordEnd(text, i)
			if end == i {
				_, size := utf8.DecodeRuneInString(text[i:])
				i += size
				continue
			}
			if !yield(text[i:end]) {
				return
			}
			i = end
		}
	}
}

// wordEnd returns the end of the word that begins at i, or i if none does. All
// but the ASCII characters pay for decoding and a search in Unicode's tables.
func wordEnd(text string, i int) int {
	for i < len(text) {
		if ascii[text[i]] {
			i++
			continue
		}
		if text[i] < utf8.RuneSelf {
			break
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !isWord(r) {
			break
		}
		i += size
	}
	return i
}

// Count counts the words of text. A word is a longest run of letters, digits
// and underscores. The words are slices of text and keep it in memory;
// [Counts.Merge] takes copies.
func Count(text string) Counts {
	// Source code has a new word every 32 bytes or so. Growing a map step by
	// step costs a third more; a hint too large is memory cleared for nothing.
	counts := make(Counts, min(len(text)/32, 1<<14))
	for word := range words(text) {
		counts[word]++
	}
	return counts
}

// countBody returns the counts of a page.
func countBody(_ context.Context, _, page []byte) ([]byte, error) {
	return Count(string(page)).MarshalBinary()
}

func wordsWork(env Env) (Workload, error) {
	origin, err := env.origin("words")
	if err != nil {
		return Workload{}, err
	}
	if env.Corpus == nil {
		return Workload{}, errors.New("workload words is checked against a corpus: open the one that the origin serves, and set Env.Corpus")
	}
	pages := env.Corpus.Pages()
	sample := env.Sample
	if sample <= 0 || sample > pages {
		sample = pages
	}
	order := rand.New(rand.NewPCG(env.Seed, uint64(pages))).Perm(pages)[:sample]
	query := ""
	if q := env.query(); len(q) > 0 {
		query = "?" + q.Encode()
	}
	check := wordsCheck{env.Corpus, maphash.MakeSeed(), make([]atomic.Uint64, pages)}
	return Workload{
		Name:  "words",
		About: "Waiting and computing: the task fetches a page of text and counts its words.",
		Input: func(i, _ int) []byte {
			return []byte(origin + "/page/" + strconv.Itoa(order[i]) + query)
		},
		Check:    check.check,
		Distinct: sample,
		Waits:    true,
	}, nil
}

// A wordsCheck compares counts with those of the file on disk, counted by code
// that is slower and plainer than the task's.
type wordsCheck struct {
	corpus *Corpus
	seed   maphash.Seed
	passed []atomic.Uint64 // for each page the hash of the output that was found right; 0 means none yet
}

func (c *wordsCheck) check(input, output []byte) error {
	n, err := c.number(string(input))
	if err != nil {
		return err
	}
	hash := maphash.Bytes(c.seed, output)
	if hash != 0 && c.passed[n].Load() == hash {
		return nil
	}
	var got Counts
	if err := got.UnmarshalBinary(output); err != nil {
		return fmt.Errorf("page %d: %w", n, err)
	}
	text, err := c.corpus.Page(n)
	if err != nil {
		return err
	}
	if err := difference(got, plainCount(string(text))); err != nil {
		return fmt.Errorf("page %d (%q): %w", n, c.corpus.Path(n), err)
	}
	c.passed[n].Store(hash)
	return nil
}

// number returns the page number at the end of the path of address.
func (c *wordsCheck) number(address string) (int, error) {
	u, err := url.Parse(address)
	if err != nil {
		return 0, fmt.Errorf("input is no URL: %w", err)
	}
	n, err := strconv.Atoi(path.Base(u.Path))
	if err != nil || n < 0 || n >= c.corpus.Pages() {
		return 0, fmt.Errorf("input %.200q is no page of a corpus with %d pages", address, c.corpus.Pages())
	}
	return n, nil
}

// plainCount counts as [Count] does and shares nothing with it. It is the
// yardstick, and may be slow.
func plainCount(text string) Counts {
	counts := Counts{}
	for _, word := range strings.FieldsFunc(text, notWord) {
		counts[word]++
	}
	return counts
}

func notWord(r rune) bool {
	return r != '_' && !unicode.In(r, unicode.Letter, unicode.Digit)
}

// difference describes the first word, in the order of words, on which the two
// do not agree.
func difference(got, want Counts) error {
	if maps.Equal(got, want) {
		return nil
	}
	var differ []WordCount
	for _, counts := range []Counts{got, want} {
		for word := range counts {
			if got[word] != want[word] {
				differ = append(differ, WordCount{word, want[word]})
			}
		}
	}
	first := slices.MinFunc(differ, func(a, b WordCount) int { return cmp.Compare(a.Word, b.Word) })
	return fmt.Errorf("%.80q is counted %d times, want %d", first.Word, got[first.Word], first.Count)
}
