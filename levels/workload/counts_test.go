package workload_test

import (
	"bytes"
	"encoding"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/fourlevels/fourlevels/levels/workload"
)

var (
	_ encoding.BinaryAppender    = workload.Counts{}
	_ encoding.BinaryMarshaler   = workload.Counts{}
	_ encoding.BinaryUnmarshaler = new(workload.Counts)
)

func encode(t testing.TB, c workload.Counts) []byte {
	t.Helper()
	data, err := c.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestMergeAndTotal(t *testing.T) {
	sum := workload.Counts{}
	sum.Merge(workload.Count("to be or not to be"))
	sum.Merge(workload.Counts(nil))
	sum.Merge(workload.Count("be"))
	if want := (workload.Counts{"to": 2, "be": 3, "or": 1, "not": 1}); !maps.Equal(sum, want) || sum.Total() != 7 {
		t.Errorf("%v with a total of %d, want %v", sum, sum.Total(), want)
	}
}

// A sum over many pages must not keep all of them in memory.
func TestMergeCopiesWords(t *testing.T) {
	text := strings.Clone("alone")
	sum := workload.Counts{}
	sum.Merge(workload.Count(text))
	for word := range sum {
		if unsafe.StringData(word) == unsafe.StringData(text) {
			t.Errorf("%q is still a slice of the text", word)
		}
	}
}

func TestTop(t *testing.T) {
	counts := workload.Count("b a c b a d b")
	all := []workload.WordCount{{"b", 3}, {"a", 2}, {"c", 1}, {"d", 1}}
	for n, want := range map[int]int{-1: 0, 0: 0, 1: 1, 3: 3, 4: 4, math.MaxInt: 4} {
		if got := counts.Top(n); !slices.Equal(got, all[:want]) {
			t.Errorf("top %d: %v, want %v", n, got, all[:want])
		}
	}
}

func TestCountsRoundTrip(t *testing.T) {
	for _, counts := range []workload.Counts{
		nil,
		{"a": 1},
		{"a": 1, "aa": 127, "ab": 128, "b": 1 << 30, "Ελλάδα": 3, strings.Repeat("x", 300): 2},
		{"a": math.MaxInt},
	} {
		got := workload.Counts{"old": 1}
		if err := got.UnmarshalBinary(encode(t, counts)); err != nil || !maps.Equal(got, counts) {
			t.Errorf("%v became %v, %v", counts, got, err)
		}
	}
}

func TestCountsAsBytes(t *testing.T) {
	const want = "\x03" + "\x01a\x02" + "\x02be\x80\x01" + "\x02to\x01"
	counts := workload.Counts{"to": 1, "be": 128, "a": 2}
	if got := encode(t, counts); string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, err := counts.AppendBinary([]byte("head")); err != nil || string(got) != "head"+want {
		t.Errorf("appended: %q, %v", got, err)
	}
}

func TestCountsThatNobodyCounted(t *testing.T) {
	for _, counts := range []workload.Counts{{"": 1}, {"a": 0}, {"a": -1}} {
		if data, err := counts.MarshalBinary(); err == nil {
			t.Errorf("%v was encoded as %q", counts, data)
		}
	}
}

func TestHostileCounts(t *testing.T) {
	full := "\xff\xff\xff\xff\xff\xff\xff\xff\x7f" // 2^63-1
	for name, data := range map[string]string{
		"nothing":                "",
		"count without words":    "\x01",
		"huge count":             full,
		"count over 64 bits":     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"huge word":              "\x01" + full + "a\x01",
		"empty word":             "\x01\x00\x01\x01",
		"word without a count":   "\x01\x02aa",
		"count of 0":             "\x01\x01a\x00",
		"count over an int":      "\x01\x01a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"total over an int":      "\x02\x01a" + full + "\x01b\x01",
		"total around to 0":      "\x03\x01a" + full + "\x01b" + full + "\x01c\x02",
		"the same word twice":    "\x02\x01a\x01\x01a\x01",
		"words out of order":     "\x02\x01b\x01\x01a\x01",
		"bytes after the end":    "\x01\x01a\x01x",
		"more words than said":   "\x01\x01a\x01\x01b\x01",
		"number with zeros":      "\x01\x01a\x81\x00",
		"number that never ends": "\x01\x01a\x80\x80",
	} {
		got := workload.Counts{"old": 1}
		err := got.UnmarshalBinary([]byte(data))
		if err == nil || !maps.Equal(got, workload.Counts{"old": 1}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestEveryCutOfCountsIsAnError(t *testing.T) {
	whole := encode(t, workload.Count("every cut of it is an error"))
	for n := range whole {
		if err := new(workload.Counts).UnmarshalBinary(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes were accepted", n, len(whole))
		}
	}
}

func FuzzCounts(f *testing.F) {
	for _, text := range texts {
		f.Add(encode(f, workload.Count(text)))
	}
	f.Add([]byte("\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var counts workload.Counts
		if counts.UnmarshalBinary(data) != nil {
			return
		}
		if again := encode(t, counts); !bytes.Equal(again, data) {
			t.Errorf("%q was accepted, and is encoded as %q", data, again)
		}
	})
}

func ExampleCounts() {
	sum := workload.Counts{}
	for _, page := range []string{"the cat sat", "on the mat"} {
		sum.Merge(workload.Count(page))
	}
	fmt.Println(sum.Total(), "words")
	for _, line := range sum.Top(3) {
		fmt.Println(line.Count, line.Word)
	}
	// Output:
	// 6 words
	// 2 the
	// 1 cat
	// 1 mat
}
