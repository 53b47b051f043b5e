package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// deepest is how deep values nest in what is read: ours do to 5.
const deepest = 64

// JSON reads one value into v. It refuses what [Keys] does, and keys that v has no field
// for. With an error comes the line that it is about, from 1.
func JSON(text []byte, v any) (line int, err error) {
	w := walk{text: text}
	if line, err := w.all(); err != nil {
		return line, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err = d.Decode(v)
	if err == nil {
		return 0, nil
	}
	offset := d.InputOffset()
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		offset = kind.Offset
	}
	// The decoder says which key, and not where.
	if quoted, ok := strings.CutPrefix(err.Error(), unknownField); ok {
		if key, unquoted := strconv.Unquote(quoted); unquoted == nil {
			offset = unknown(text, key, v)
		}
		err = fmt.Errorf("unknown key %.80s", quoted)
	}
	return w.line(offset), err
}

// Keys says what is wrong with a text that should be one JSON value, whatever it means: it
// does not parse, or something follows it; an object has a key twice, or two that differ in
// upper case only, which [encoding/json] takes for one if they are of a struct (maps with
// such keys are refused too: ours have none); or it is nested deeper than any of ours.
func Keys(text []byte) (line int, err error) {
	w := walk{text: text}
	return w.all()
}

// A walk goes through a text, token by token.
type walk struct {
	text []byte
	d    *json.Decoder
	path []step
	seen func(key string) // told each key, which is the last step then; may be nil
}

// A step leads into a value: into an object by a key, or into an array.
type step struct {
	open json.Delim
	key  string
}

func (w *walk) all() (line int, err error) {
	w.d = json.NewDecoder(bytes.NewReader(w.text))
	w.d.UseNumber() // whether one fits is for who reads it
	if err := w.value(0); err != nil {
		return w.line(w.offset(err)), err
	}
	if _, err := w.d.Token(); err != io.EOF {
		return w.line(w.d.InputOffset()), errors.New("something follows the value")
	}
	return 0, nil
}

func (w *walk) value(depth int) error {
	t, err := w.d.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth == deepest {
		return fmt.Errorf("it is nested deeper than %d values", deepest)
	}
	seen := map[string]bool{}
	for w.d.More() {
		w.path = append(w.path[:depth], step{open: open})
		if open == '{' {
			if err := w.key(&w.path[depth].key, seen); err != nil {
				return err
			}
		}
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
	_, err = w.d.Token() // the end of it
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// key reads a key of an object, which has those that were seen.
func (w *walk) key(key *string, seen map[string]bool) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	*key = t.(string)                                // the decoder takes nothing else there
	folded := strings.ToLower(strings.ToUpper(*key)) // some letters have three forms
	if seen[folded] {
		return fmt.Errorf("the key %.80q stands there twice", *key)
	}
	seen[folded] = true
	if w.seen != nil {
		w.seen(*key)
	}
	return nil
}

// offset is where an error is.
func (w *walk) offset(err error) int64 {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Offset
	}
	return w.d.InputOffset()
}

// line is the line of an offset.
func (w *walk) line(offset int64) int {
	return 1 + bytes.Count(w.text[:min(max(offset, 0), int64(len(w.text)))], []byte("\n"))
}
