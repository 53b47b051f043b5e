package loop

import "testing"

func TestResolve(t *testing.T) {
	for key, want := range map[string]string{
		"127.0.0.1":             "127.0.0.1:80",
		"127.0.0.1:8080":        "127.0.0.1:8080",
		"localhost":             "127.0.0.1:80",
		"LocalHost:1":           "127.0.0.1:1",
		"[::1]":                 "[::1]:80",
		"[::1]:65535":           "[::1]:65535",
		"[::ffff:10.0.0.1]:80":  "10.0.0.1:80",
		"example.org":           "",
		"example.org:80":        "",
		"":                      "",
		":80":                   "",
		"127.0.0.1:":            "",
		"127.0.0.1:http":        "",
		"127.0.0.1:-1":          "",
		"127.0.0.1:65536":       "",
		"127.0.0.1:80:80":       "",
		"::1":                   "",
		"[::1":                  "",
		"[::1]80":               "",
		"[fe80::1%lo]":          "",
		"127.1":                 "",
		"0x7f.0.0.1":            "",
		"me@127.0.0.1":          "",
		"[127.0.0.1]:80@[::1]:": "",
	} {
		addr, err := resolve(key)
		if want == "" && err == nil || want != "" && (err != nil || addr.String() != want) {
			t.Errorf("%q: %v, %v, want %q", key, addr, err, want)
		}
	}
}
