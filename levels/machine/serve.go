package machine

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/fourlevels/fourlevels/levels/internal/serve"
)

// times are how long a worker waits for a caller. The largest request, 64 MiB in 30 s,
// needs a link of 18 Mbit/s. Tasks may take as long as they like.
var times = serve.Times{Header: 5 * time.Second, Request: 30 * time.Second}

// answerTime is how long a caller may take to read an answer.
const answerTime = time.Minute

// Serve serves h on l until ctx ends, then lets running requests finish for as
// long as grace. It returns nil, or an error if serving failed or it had to cut
// requests off, which cancels their tasks. It closes l in any case.
//
// A [Handler] without a token is not served where other machines can reach it. On
// loopback only those are answered who ask by address, or for localhost. Callers get 5 s
// for the head of a request, 30 s for all of it, and a minute to read the answer.
func Serve(ctx context.Context, l net.Listener, h http.Handler, grace time.Duration) error {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		if h, ok := h.(*Handler); ok && h.Token == "" {
			l.Close()
			return fmt.Errorf("serve on %s: other machines can reach it: set Handler.Token, or listen on 127.0.0.1", l.Addr())
		}
	}
	t := times
	t.Grace = grace
	return serve.HTTP(ctx, l, h, t)
}
