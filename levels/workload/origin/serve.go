package origin

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/fourlevels/fourlevels/levels/internal/serve"
)

// grace is how long requests under way may take after the end of ctx.
const grace = 3 * time.Second

// Serve serves h on l until ctx ends. Then it takes no new connections, lets
// the requests under way finish for up to 3 seconds, and returns nil, or an
// error if it had to cut some off; the ctx of those ends, and their handlers
// are not waited for. It also returns an error as soon as l fails. It closes l
// in any case. Who may connect is decided by whoever made l, and should be this
// machine only: there is no password.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	return serve.HTTP(ctx, l, h, serve.Times{Grace: grace})
}
