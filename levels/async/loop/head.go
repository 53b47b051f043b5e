package loop

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// statusLine takes a line like "HTTP/1.1 200 OK".
func (r *response) statusLine(line []byte) error {
	const version = "HTTP/1."
	digit := len(version)
	if len(line) < len("HTTP/1.1 200") || string(line[:digit]) != version || !isDigit(line[digit]) || line[digit+1] != ' ' ||
		len(line) > digit+5 && line[digit+5] != ' ' {
		return fmt.Errorf("answer begins with %.80q, and not like HTTP/1", line)
	}
	text := line[digit+2:]
	status, err := strconv.ParseUint(string(text[:3]), 10, 16)
	if err != nil || status < 100 || !isText(text) {
		return fmt.Errorf("answer has the status %.80q", text)
	}
	r.status, r.length, r.old = int(status), -1, line[digit] == '0'
	if r.text = ""; status != 200 {
		r.text = string(text)
	}
	r.state = inHead
	return nil
}

// field takes apart a line like "Content-Length: 5".
func field(line []byte) (key, value []byte, err error) {
	key, value, ok := bytes.Cut(line, []byte(":"))
	ok = ok && len(key) > 0 && isText(value)
	for _, c := range key {
		ok = ok && isToken[c]
	}
	if !ok {
		return nil, nil, fmt.Errorf("answer has the header %.80q", line)
	}
	return key, bytes.Trim(value, " \t"), nil
}

// isToken says of each byte whether the name of a header may have it (RFC 9110, 5.6.2).
var isToken = func() (table [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
		table[c] = true
	}
	return table
}()

// field takes what matters of a header. Three do; their names differ in length from
// nearly all others, so those cost one comparison.
func (r *response) field(key, value []byte) error {
	switch len(key) {
	case len("Connection"):
		if bytes.EqualFold(key, []byte("Connection")) {
			r.close = r.close || hasToken(value, "close")
			r.keep = r.keep || hasToken(value, "keep-alive")
		}
	case len("Content-Length"):
		if bytes.EqualFold(key, []byte("Content-Length")) {
			return r.contentLength(value)
		}
	case len("Transfer-Encoding"):
		if bytes.EqualFold(key, []byte("Transfer-Encoding")) && !r.old {
			if r.chunked || !bytes.EqualFold(value, []byte("chunked")) {
				return fmt.Errorf("answer has the transfer encoding %.80q", value)
			}
			r.chunked = true
		}
	}
	return nil
}

func (r *response) contentLength(value []byte) error {
	n, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil || r.length >= 0 && r.length != int64(n) {
		return fmt.Errorf("answer has the content length %.80q", value)
	}
	r.length = int64(n)
	return nil
}

// isText reports whether there is no control character in what may go to a terminal.
func isText(value []byte) bool {
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func hasToken(value []byte, token string) bool {
	for part := range bytes.SplitSeq(value, []byte(",")) {
		if bytes.EqualFold(bytes.Trim(part, " \t"), []byte(token)) {
			return true
		}
	}
	return false
}

// headEnd decides what comes after the head (RFC 9112, 6.3).
func (r *response) headEnd() error {
	r.lines = 0
	switch s := r.status; {
	case s < 200 && s != 101:
		if r.interim++; r.interim > maxInterim {
			return errors.New("answer has too many 1xx before it")
		}
		*r = response{interim: r.interim, held: r.held, memory: r.memory}
		return nil
	case s == 101 || s == 204 || s == 304:
		r.state = complete
		r.close = r.close || s == 101
	case r.chunked:
		r.length, r.state = -1, inSize
	case r.length == 0:
		r.state = complete
	case r.length > 0:
		r.left, r.state = r.length, inBody
	default:
		r.close, r.state = true, inEndless
	}
	r.close = r.close || r.old && !r.keep
	return r.announced(0, r.length)
}

// hexadecimal reads a number of up to 15 digits, which a chunk of any size that is
// ours to take has.
func hexadecimal(digits []byte) (n int64, ok bool) {
	for _, c := range digits {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		n = n<<4 | int64(c)
	}
	return n, 0 < len(digits) && len(digits) <= 15
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
