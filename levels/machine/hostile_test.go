package machine_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/machine"
)

// The parts of a request that is right.
const (
	line        = "POST / HTTP/1.1\r\n"
	host        = "Host: localhost\r\n"
	auth        = "Authorization: Bearer " + canary + "\r\n"
	contentType = "application/x-fourlevels-tasks"
	kind        = "Content-Type: " + contentType + "\r\n"
)

var (
	protocol = fmt.Sprintf("Fourlevels-Protocol: %d\r\n", wire.Version)
	length   = fmt.Sprintf("Content-Length: %d\r\n", len(small))
	body     = "\r\n" + small
	right    = line + host + auth + protocol + "Fourlevels-Request: " + me + "/1\r\n" + kind + length + body
	chunks   = fmt.Sprintf("\r\n%x\r\n%s\r\n0\r\n", len(small), small)
	get      = "GET / HTTP/1.1\r\n" + host + auth + "\r\n"
)

// but is the right request with parts of it replaced.
func but(oldNew ...string) string { return strings.NewReplacer(oldNew...).Replace(right) }

// What comes over a connection, the status of each answer, and what the last one holds.
var rawRequests = map[string]struct {
	says string
	want []string
	has  string
}{
	"right":               {right, []string{"200 OK"}, contentType},
	"any path":            {but("POST /", "POST /../%2e%2e/etc/passwd?x=1"), []string{"200 OK"}, contentType},
	"what are you":        {get, []string{"200 OK"}, "fourlevels worker, protocol"},
	"two in a row":        {get + get, []string{"200 OK", "200 OK"}, "protocol"},
	"HTTP/1.0":            {but("HTTP/1.1", "HTTP/1.0"), []string{"200 OK"}, contentType},
	"in chunks":           {but(length, "Transfer-Encoding: chunked\r\n", body, chunks+"\r\n"), []string{"200 OK"}, contentType},
	"chunks with a tail":  {but(length, "Trailer: X-A\r\nTransfer-Encoding: chunked\r\n", body, chunks+"X-A: b\r\n\r\n"), []string{"200 OK"}, contentType},
	"waits to be asked":   {but(length, length+"Expect: 100-continue\r\n"), []string{"100 Continue", "200 OK"}, contentType},
	"no token":            {but(auth, ""), []string{"401 Unauthorized"}, "wants a token"},
	"another token":       {but(canary, "CANARY"), []string{"401 Unauthorized"}, "wants a token"},
	"its token as a user": {but("Bearer", "Basic"), []string{"401 Unauthorized"}, "wants a token"},
	"another name":        {but("localhost", "evil.example"), []string{"421 Misdirected Request"}, "on loopback"},
	"two names":           {but(host, host+"Host: evil.example\r\n"), []string{"400 Bad Request"}, ""},
	"no name":             {but(host, ""), []string{"400 Bad Request"}, ""},
	"another method":      {but("POST", "PUT"), []string{"405 Method Not Allowed"}, "Allow: GET, HEAD, POST, DELETE"},
	"OPTIONS":             {but("POST /", "OPTIONS *"), []string{"405 Method Not Allowed"}, "tasks come by POST"},
	"OPTIONS, no token":   {but("POST /", "OPTIONS *", auth, ""), []string{"401 Unauthorized"}, "wants a token"},
	"another type":        {but(contentType, "text/plain"), []string{"415 Unsupported Media Type"}, "tasks are " + contentType},
	"no type":             {but(kind, ""), []string{"415 Unsupported Media Type"}, "tasks are " + contentType},
	"no key":              {but("Fourlevels-Request", "X-Request"), []string{"400 Bad Request"}, "SENDER/NUMBER"},
	"a short key":         {but(me, me[:15]), []string{"400 Bad Request"}, "SENDER/NUMBER"},
	"a long key":          {but(me, strings.Repeat("A", 65)), []string{"400 Bad Request"}, "SENDER/NUMBER"},
	"no number":           {but(me+"/1", me+"/-1"), []string{"400 Bad Request"}, "SENDER/NUMBER"},
	"a large number":      {but(me+"/1", me+"/18446744073709551616"), []string{"400 Bad Request"}, "SENDER/NUMBER"},
	"gives up no key":     {but("POST", "DELETE", me, ""), []string{"400 Bad Request"}, "SENDER/NUMBER"},
	"another protocol":    {but(protocol, "Fourlevels-Protocol: 99\r\n"), []string{"400 Bad Request"}, `the caller "99"`},
	"not tasks":           {but(length+body, "Content-Length: 5\r\n\r\n\xff\xff\xff\xff\x0f"), []string{"400 Bad Request"}, "read tasks: "},
	"over the limit":      {but(length, fmt.Sprintf("Content-Length: %d\r\n", wire.Limit+1)), []string{"413 Request Entity Too Large"}, "over"},
	"1 GiB announced":     {but(length, "Content-Length: 1073741824\r\n"), []string{"413 Request Entity Too Large"}, "over"},
	"two lengths":         {but(length, length+"Content-Length: 1\r\n"), []string{"400 Bad Request"}, ""},
	"chunks of chunks":    {but(length, "Transfer-Encoding: chunked, chunked\r\n"), []string{"501 Not Implemented"}, ""},
	"no chunk":            {but(length, "Transfer-Encoding: chunked\r\n", body, "\r\nzz\r\n"), []string{"400 Bad Request"}, "read tasks: "},
	"a head of 32 KiB":    {but(host, host+"X-Long: "+strings.Repeat("a", 32<<10)+"\r\n"), []string{"431 Request Header Fields Too Large"}, ""},
	"not HTTP":            {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", []string{"400 Bad Request"}, ""},
	"HTTP/2 by surprise":  {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []string{"421 Misdirected Request"}, ""},
}

// Whatever comes over a connection, the answer is what HTTP has for it, in one line that
// tells no secret and nothing about the inside of the worker; and the worker goes on.
func TestHostileRequests(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	worker := echoing()
	worker.Token = canary
	go func() { served <- machine.Serve(ctx, l, worker, time.Second) }() // received at the end
	for name, test := range rawRequests {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(time.Minute))
			io.WriteString(conn, test.says)
			r := bufio.NewReader(conn)
			for i, want := range test.want {
				text := answer(t, r)
				if !strings.HasPrefix(text, want) || i == len(test.want)-1 && !strings.Contains(text, test.has) {
					t.Errorf("answer %d is %q, want %q and %q", i, text, want, test.has)
				}
				if strings.Contains(text, canary) || strings.Contains(text, ".go:") || strings.Contains(text, "goroutine") {
					t.Errorf("the answer tells too much: %q", text)
				}
			}
		})
	}
	near := machine.NewRPC(machine.RPCConfig{URLs: []string{"http://" + l.Addr().String()}, Token: canary})
	if r := run1(t.Context(), near, "echo", "x"); r.Err != nil {
		t.Errorf("afterwards: %v", r.Err)
	}
	near.Close()
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// answer reads an answer and returns its status, head and body.
func answer(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		t.Error(err)
	}
	var head strings.Builder
	resp.Header.Write(&head)
	if resp.StatusCode >= 400 && strings.Count(strings.TrimSpace(string(body)), "\n") > 0 {
		t.Errorf("the answer has several lines: %q", body)
	}
	return resp.Status + "\r\n" + head.String() + "\r\n" + string(body)
}
