package machine

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

// A Handler is the far end of the RPC level: an HTTP handler that runs the
// tasks in the body of a POST on Level and answers with their results. A GET
// says what it is.
//
// A panic in a task is Level's to handle: build it with [levels.Recover].
//
// Only names that Level knows are called, whatever a request contains. Still,
// whoever reaches a Handler can make it work: serve it on a loopback address, or
// set Token.
type Handler struct {
	Level levels.Level
	Token string // callers must know it; "" lets everybody in
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if h.Token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+h.Token)) != 1 {
		http.Error(w, "this worker wants a token that the request does not carry", http.StatusUnauthorized)
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		fmt.Fprintf(w, "fourlevels worker, protocol %d\n", wire.Version)
	case http.MethodPost:
		h.run(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "tasks come by POST", http.StatusMethodNotAllowed)
	}
}

func (h *Handler) run(w http.ResponseWriter, r *http.Request) {
	if version := r.Header.Get(protocolHeader); version != strconv.Itoa(wire.Version) {
		http.Error(w, fmt.Sprintf("this worker speaks protocol %d, the caller %.20q: build both from the same version", wire.Version, version), http.StatusBadRequest)
		return
	}
	tasks, err := readTasks(w, r)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		http.Error(w, fmt.Sprintf("the tasks are over %d bytes", tooLarge.Limit), http.StatusRequestEntityTooLarge)
		return
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		http.Error(w, "the tasks took too long to come", http.StatusRequestTimeout)
		return
	}
	if err != nil {
		http.Error(w, "read tasks: "+err.Error(), http.StatusBadRequest)
		return
	}
	answer := wire.AppendResults(nil, h.Level.Run(r.Context(), tasks))
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime)) // an error says that w is none of a server's
	w.Write(answer)
}

func readTasks(w http.ResponseWriter, r *http.Request) ([]levels.Task, error) {
	if r.ContentLength > wire.Limit {
		return nil, &http.MaxBytesError{Limit: wire.Limit}
	}
	body, err := readBody(http.MaxBytesReader(w, r.Body, wire.Limit), r.ContentLength)
	if err != nil {
		return nil, err
	}
	return wire.Tasks(body)
}

// readBody reads all of r. Memory follows the bytes that arrive: a claimed
// length is believed up to a mebibyte.
func readBody(r io.Reader, length int64) ([]byte, error) {
	if length < 0 || length > 1<<20 {
		var b bytes.Buffer
		_, err := b.ReadFrom(io.LimitReader(r, wire.Limit+1))
		return b.Bytes(), err
	}
	b := make([]byte, length)
	_, err := io.ReadFull(r, b)
	return b, err
}
