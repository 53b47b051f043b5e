package workload_test

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels/workload"
)

// aWord is the definition of a word once more, in another language.
var aWord = regexp.MustCompile(`[\p{L}\p{Nd}_]+`)

var texts = []string{
	"",
	"word",
	" \t\nword",
	"word\x00",
	"two words, or three: a_b_1 __ 007",
	"naïve Ελλάδα東京 ٣٤x №½²",
	"é at the start, at the end é",
	"cut \xc3, overlong \xc0\x80, surrogate \xed\xa0\x80 and stray \x80\xff bytes\xe2\x82",
	"combining e\u0301 is two words' worth",
	"emoji 😀x😀",
}

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"if x_1 >= 10 {return}": {"if", "x_1", "10", "return"},
		"Ελλάδα,東京-٣":           {"Ελλάδα", "東京", "٣"},
		"a\xffb":                {"a", "b"},
		"½ ² №":                 nil,
	} {
		if got := slices.Collect(workload.Words(text)); !slices.Equal(got, want) {
			t.Errorf("words of %q: %q, want %q", text, got, want)
		}
	}
}

func TestWordsMayBeLeftEarly(t *testing.T) {
	for word := range workload.Words("one two three") {
		if word != "one" {
			t.Fatalf("%q comes first", word)
		}
		break
	}
}

func FuzzWords(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := slices.Collect(workload.Words(text)), aWord.FindAllString(text, -1); !slices.Equal(got, want) {
			t.Errorf("words of %q: %q, want %q", text, got, want)
		}
		if got, want := workload.Count(text), workload.PlainCount(text); !maps.Equal(got, want) {
			t.Errorf("counts of %q: %v, want %v", text, got, want)
		}
	})
}

// source returns 20 KiB of the standard library.
func source(b *testing.B) string {
	c, err := workload.OpenCorpus("")
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for n := range c.Pages() {
		if path.Dir(c.Path(n)) != "net/http" {
			continue
		}
		text, err := c.Page(n)
		if err != nil {
			b.Fatal(err)
		}
		if len(text) >= 20<<10 && !strings.HasSuffix(c.Path(n), "_test.go") {
			return string(text[:20<<10])
		}
	}
	b.Fatal("no page of net/http is large enough")
	return ""
}

func BenchmarkWords(b *testing.B) {
	text := source(b)
	want := workload.PlainCount(text)
	b.Run("step=count", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		var got workload.Counts
		for b.Loop() {
			got = workload.Count(text)
		}
		if !maps.Equal(got, want) {
			b.Error("the counts are wrong")
		}
	})
	b.Run("step=encode", func(b *testing.B) {
		var data []byte
		for b.Loop() {
			data, _ = want.MarshalBinary()
		}
		b.ReportMetric(float64(len(data)), "B/output")
		var got workload.Counts
		if err := got.UnmarshalBinary(data); err != nil || !maps.Equal(got, want) {
			b.Errorf("err %v, or the counts are wrong", err)
		}
	})
	b.Run("step=merge", func(b *testing.B) {
		data, _ := want.MarshalBinary()
		merged, rounds := workload.Counts{}, 0
		for b.Loop() {
			var got workload.Counts
			if err := got.UnmarshalBinary(data); err != nil {
				b.Fatal(err)
			}
			merged.Merge(got)
			rounds++
		}
		if merged.Total() != rounds*want.Total() {
			b.Error("the sum is wrong")
		}
	})
}
