package strict_test

import (
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/strict"
)

type thing struct {
	Name  string `json:"name"`
	Parts []part `json:"parts"`
	Names map[string]int
}

type part struct {
	N int `json:"n"`
}

func TestJSON(t *testing.T) {
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for _, c := range []struct {
		text string
		line int
		want string
	}{
		{`{"name":"a","parts":[{"n":1},{"n":2}],"Names":{"n":1,"name":2}}` + "\n", 0, ""},
		{"{\n\"name\": \"a\",\n\"name\": \"b\"}", 3, `the key "name" stands there twice`},
		{"{\n\"name\": \"a\",\n\"NAME\": \"b\"}", 3, `the key "NAME" stands there twice`},
		{`{"parts":[{"n":1,"n":1}]}`, 1, `the key "n" stands there twice`},
		{`{"name":"a","name":"b","ſ":1}`, 1, `the key "name" stands there twice`},
		{`{"s":1,"ſ":1}`, 1, `the key "ſ" stands there twice`},
		{"{\"parts\":\n[{\"n\":1},\n{\"m\":1}]}", 3, `unknown key "m"`},
		{"{\"parts\":\n[{\"n\":1}],\n\n\"n\":1}", 4, `unknown key "n"`},
		{"{\"Names\":{\"zz\":1},\n\n\"zz\":1}", 3, `unknown key "zz"`},
		{"{\"NAME\":\"\",\"parts\":[{\"N\":1},\n{\"NAME\":1}]}", 2, `unknown key "NAME"`},
		{"{}\n{}", 2, "something follows the value"},
		{"{}\n]", 2, "something follows the value"},
		{`{"name":1}`, 1, "cannot unmarshal number"},
		{"{\n\"parts\":\n[{\"n\":1.5}]}", 3, "cannot unmarshal number 1.5"},
		{"{\n\"name\":\n}", 3, "invalid character"},
		{"", 1, "unexpected EOF"},
		{"{", 1, "unexpected EOF"},
		{"[", 1, "unexpected EOF"},
		{`{"name"`, 1, "unexpected EOF"},
		{`{"parts":` + deep + `}`, 1, "nested deeper than 64"},
		{deep, 1, "nested deeper than 64"},
	} {
		line, err := strict.JSON([]byte(c.text), new(thing))
		switch {
		case c.want == "" && err == nil && line == 0:
		case c.want == "" || err == nil || !strings.Contains(err.Error(), c.want) || line != c.line:
			t.Errorf("%.60q: line %d, %v; want line %d, %q", c.text, line, err, c.line, c.want)
		}
	}
}

// Keys judges a text without knowing what it should mean.
func TestKeys(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":{"b":1},"c":{"b":2}}`: "",
		`1e400`:                     "",
		`{"a":{"b":1,"b":2}}`:       `"b" stands there twice`,
		`{"a":1} x`:                 "something follows",
	} {
		_, err := strict.Keys([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
