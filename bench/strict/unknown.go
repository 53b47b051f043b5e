package strict

import (
	"encoding/json"
	"reflect"
	"strings"
)

// unknownField is how the decoder's word for such a key begins. It has no type.
const unknownField = "json: unknown field "

// unknown is where a key stands that v has no field for. Elsewhere it may have one of that
// name, so each place is tried by itself.
func unknown(text []byte, key string, v any) (offset int64) {
	w := walk{text: text}
	w.seen = func(k string) {
		if k == key && offset == 0 && !w.known(v) {
			offset = w.d.InputOffset()
		}
	}
	w.all() // it did parse
	return offset
}

// known reports whether something like v has a place for the value that the path leads to.
func (w *walk) known(v any) bool {
	text, end := "", ""
	for _, s := range w.path {
		if s.open == '[' {
			text, end = text+"[", "]"+end
			continue
		}
		key, _ := json.Marshal(s.key) // a string always has a text
		text, end = text+"{"+string(key)+":", "}"+end
	}
	d := json.NewDecoder(strings.NewReader(text + "null" + end))
	d.DisallowUnknownFields()
	err := d.Decode(reflect.New(reflect.TypeOf(v).Elem()).Interface())
	return err == nil || !strings.HasPrefix(err.Error(), unknownField)
}
