package loop

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// parse feeds an answer in pieces, of which the first has n bytes and the others as
// many as next says.
func parse(data []byte, n int, next func() int) (r *response, used int, err error) {
	r = &response{}
	for used < len(data) && r.state != complete {
		n = max(1, min(n, len(data)-used))
		took, err := r.feed(data[used : used+n])
		if used += took; err != nil {
			return r, used, err
		}
		if room := cap(r.held) + cap(r.body); room > 10*used+512+int(min(max(r.length, 0), maxTrust)) {
			return r, used, fmt.Errorf("too much memory: %d bytes for an answer of %d so far", room, used)
		}
		if took < n && r.state != complete {
			return r, used, fmt.Errorf("too little is taken: %d of %d bytes", took, n)
		}
		n = next()
	}
	return r, used, r.end()
}

func whole(data []byte) (*response, int, error) {
	return parse(data, len(data), func() int { return len(data) })
}

// byNetHTTP parses an answer as net/http does.
func byNetHTTP(data []byte) (*http.Response, []byte, error) {
	b := bufio.NewReader(bytes.NewReader(data))
	for {
		r, err := http.ReadResponse(b, nil)
		if err != nil {
			return nil, nil, err
		}
		body, err := io.ReadAll(r.Body)
		if r.StatusCode >= 200 || r.StatusCode == 101 || err != nil {
			return r, body, err
		}
	}
}

var answers = []struct {
	name, head, body, want string
}{
	{"length", "Content-Length: 5\r\n", "hello", "hello"},
	{"empty", "Content-Length: 0\r\n", "", ""},
	{"same length twice", "Content-Length: 5\r\nContent-Length: 5\r\n", "hello", "hello"},
	{"chunked", "Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n003\r\nllo\r\n0\r\n\r\n", "hello"},
	{"capitals", "TRANSFER-ENCODING: Chunked\r\n", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
	{"extensions and trailers", "Transfer-Encoding: chunked\r\n", "5;a=\"b\" \r\nhello\r\n0;x\r\nA: b\r\nC: d\r\n\r\n", "hello"},
	{"chunked wins", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", "hello"},
	{"endless", "Date: today\r\n", "hello", "hello"},
	{"other headers", "Content-Langues: 1\r\nConnecting: close\r\nX:\r\nY: \t a:b \r\nContent-Length:\t5 \r\n", "hello", "hello"},
}

// Wherever an answer is cut, it says the same, and the same as to net/http.
func TestEveryCut(t *testing.T) {
	for _, a := range answers {
		for _, first := range []string{"", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\nLink: x\r\n\r\n"} {
			data := []byte(first + "HTTP/1.1 200 OK\r\n" + a.head + "\r\n" + a.body)
			if _, body, err := byNetHTTP(data); err != nil || string(body) != a.want {
				t.Errorf("%s: net/http has %q, %v", a.name, body, err)
			}
			for cut := range len(data) {
				for _, size := range []int{1, len(data)} {
					r, used, err := parse(data, cut+1, func() int { return size })
					if err != nil || string(r.body) != a.want || used != len(data) || r.close != (a.name == "endless") {
						t.Errorf("%s, cut at %d: %q, %v, %d of %d bytes, close %v", a.name, cut+1, r.body, err, used, len(data), r.close)
					}
				}
			}
		}
	}
}

// An answer that is cut off is an error at each byte, but for one that has no other end.
func TestCutOff(t *testing.T) {
	for _, a := range answers {
		if a.name == "endless" {
			continue
		}
		data := []byte("HTTP/1.1 200 OK\r\n" + a.head + "\r\n" + a.body)
		for n := range data {
			if r, _, err := whole(data[:n]); err != io.ErrUnexpectedEOF {
				t.Errorf("%s, %d of %d bytes: %q, %v", a.name, n, len(data), r.body, err)
			}
		}
	}
}

func TestConnectionHeader(t *testing.T) {
	for head, keeps := range map[string]bool{
		"HTTP/1.1 200 OK\r\n":                                               true,
		"HTTP/1.1 200 OK\r\nConnection: close\r\n":                          false,
		"HTTP/1.1 200 OK\r\nconnection: x, CLOSE\r\n":                       false,
		"HTTP/1.1 200 OK\r\nConnection: closed\r\n":                         true,
		"HTTP/1.0 200 OK\r\n":                                               false,
		"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n":                     true,
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nConnection:close\r\n": false,
		"HTTP/1.1 204 No Content\r\n":                                       true,
		"HTTP/1.1 304 Not Modified\r\n":                                     true,
		"HTTP/1.1 101 Switching Protocols\r\n":                              false,
	} {
		r, _, err := whole([]byte(head + "Content-Length: 0\r\n\r\n"))
		if err != nil || r.close == keeps {
			t.Errorf("%q: close is %v, %v", head, r.close, err)
		}
	}
}

func TestBadAnswers(t *testing.T) {
	const ok, chunked = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct{ data, want string }{
		{"SSH-2.0-OpenSSH_9.9 here we are\r\n", "not like HTTP/1"},
		{"\r\n", "not like HTTP/1"},
		{"HTTP/1.1\r\n", "not like HTTP/1"},
		{"HTTP/2.0 200 OK\r\n", "not like HTTP/1"},
		{"HTTP/1.1 2000 OK\r\n", "not like HTTP/1"},
		{"HTTP/1.1 +20 OK\r\n", `status "+20 OK"`},
		{"HTTP/1.1 404 \x1b[2J\r\n", "status"},
		{"HTTP/1.1 099 OK\r\n", `status "099 OK"`},
		{ok + "Content-Length: 5\r\nContent-Length: 6\r\n", `length "6"`},
		{ok + "Content-Length: -1\r\n", `length "-1"`},
		{ok + "Content-Length: 5, 5\r\n", `length "5, 5"`},
		{ok + "Content-Length: \r\n", `length ""`},
		{ok + "Content-Length: 99999999999999999999\r\n", "length"},
		{ok + "Content-Length: 16777217\r\n\r\n", "limit of 16777216 bytes"},
		{ok + "Transfer-Encoding: gzip, chunked\r\n", `encoding "gzip, chunked"`},
		{ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "encoding"},
		{ok + "no colon\r\n", `header "no colon"`},
		{ok + ": no name\r\n", "header"},
		{ok + "A : b\r\n", "header"},
		{ok + " folded: b\r\n", "header"},
		{ok + "A: b\x00\r\n", "header"},
		{ok + "A: b\rc\r\n", "header"},
		{chunked + "\r\n", `size "\r\n"`},
		{chunked + "x\r\n", "size"},
		{chunked + "-1\r\n", "size"},
		{chunked + "5\n", "size"},
		{chunked + "5\r\r\n", "size"},
		{chunked + "5 5\r\n", "size"},
		{chunked + "0123456789abcdef\r\n", "size"},
		{chunked + "1000001\r\n", "limit of 16777216 bytes"},
		{chunked + "fffffffffffffff\r\n", "limit of 16777216 bytes"},
		{chunked + "1\r\nab\r\n", "chunk without an end"},
		{chunked + "1\r\na\n", "chunk without an end"},
		{chunked + "0\r\nno trailer\r\n", "header"},
		{chunked + "1;" + strings.Repeat("x", maxLine), "lines of over 4096 bytes"},
		{strings.Repeat("x", maxHead+1), "lines of over 65536 bytes"},
		{ok + strings.Repeat("A: b\r\n", maxHead), "lines of over 65536 bytes"},
		{strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 6), "too many 1xx"},
		{chunked + strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\na\r\n", 100), "too little in its chunks"},
	} {
		for _, size := range []int{1, 7, len(c.data)} {
			_, _, err := parse([]byte(c.data), size, func() int { return size })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.80q in pieces of %d: %v, want %q", c.data, size, err, c.want)
			}
		}
	}
}

// What comes with an error is cut short, not refused.
func TestLongReason(t *testing.T) {
	for _, head := range []string{"Content-Length: 99999999\r\n", "", "Transfer-Encoding: chunked\r\n"} {
		data := "HTTP/1.1 500 Oh\r\n" + head + "\r\n"
		if strings.Contains(head, "chunked") {
			data += "fffffff\r\n"
		}
		r, _, err := whole([]byte(data + strings.Repeat("x", 1<<20)))
		if err != nil || len(r.body) != maxReason || !r.close || r.text != "500 Oh" {
			t.Errorf("%q: %d bytes, close %v, text %q, %v", head, len(r.body), r.close, r.text, err)
		}
	}
}

// FuzzResponse looks for an answer that depends on how it is cut, takes memory that
// it does not fill, or says something else to net/http.
func FuzzResponse(f *testing.F) {
	for i, a := range answers {
		f.Add([]byte("HTTP/1.1 200 OK\r\n"+a.head+"\r\n"+a.body+"more"), uint64(i))
	}
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\n\r\nno"), uint64(9))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		one, used, err := whole(data)
		rnd := rand.New(rand.NewPCG(seed, 1))
		pieces := func() int { return 1 + rnd.IntN(1+rnd.IntN(40)) }
		cut, cutUsed, cutErr := parse(data, pieces(), pieces)
		if fmt.Sprint(err) != fmt.Sprint(cutErr) {
			t.Fatalf("as a whole: %v, in pieces: %v", err, cutErr)
		}
		if err == nil {
			if used != cutUsed || one.status != cut.status || one.close != cut.close || !bytes.Equal(one.body, cut.body) {
				t.Fatalf("as a whole: %+v, in pieces: %+v", one, cut)
			}
			agree(t, data, one)
		}
		wellFormed(t, data, seed, pieces)
	})
}

// agree compares an answer that we take with what net/http makes of it.
func agree(t *testing.T, data []byte, r *response) {
	want, body, err := byNetHTTP(data)
	if err != nil && strings.Contains(err.Error(), "trailer") {
		return // they are nothing to us; net/http minds what they are called and how they end
	}
	if r.status != 200 && len(body) > maxReason {
		return
	}
	if err != nil || want.StatusCode != r.status || want.Close && !r.close || !bytes.Equal(body, r.body) {
		t.Fatalf("we have %d %q, close %v; net/http has %+v %q, %v", r.status, r.body, r.close, want, body, err)
	}
}

// wellFormed has net/http write an answer with this body, and reads it.
func wellFormed(t *testing.T, body []byte, seed uint64, pieces func() int) {
	answer := http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body))}
	if seed%2 == 0 {
		answer.ContentLength, answer.TransferEncoding = -1, []string{"chunked"}
	}
	var b bytes.Buffer
	if err := answer.Write(&b); err != nil {
		t.Fatal(err)
	}
	r, used, err := parse(b.Bytes(), pieces(), pieces)
	if err != nil || used != b.Len() || !bytes.Equal(r.body, body) {
		t.Fatalf("%q: %q, %d bytes, %v", b.Bytes(), r.body, used, err)
	}
}
