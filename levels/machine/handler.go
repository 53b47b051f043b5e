package machine

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

// A Handler is the far end of the RPC level: an HTTP handler that runs the
// tasks in the body of a POST on Level and answers with their results. A GET
// says what it is, a DELETE gives a request up.
//
// A request that comes again, because its caller got no answer, is not run again: it gets
// the answer of the first. If that is not known any more, it is refused.
//
// A panic in a task is Level's to handle: build it with [levels.Recover].
//
// Only names that Level knows are called, whatever a request contains. Still,
// whoever reaches a Handler can make it work: serve it on a loopback address, or
// set Token.
type Handler struct {
	Level levels.Level
	Token string // callers must know it; "" lets everybody in

	// InFlight is how many requests it takes at once; 0 means 1024. One with a large
	// body counts for each mebibyte, so it bounds the memory that bodies take, too.
	// Those above are told to come later (503).
	InFlight int

	inside atomic.Int64 // requests, and mebibytes
	memory memory
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if h.Token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+h.Token)) != 1 {
		http.Error(w, "this worker wants a token that the request does not carry", http.StatusUnauthorized)
		return
	}
	w.Header().Set(protocolHeader, strconv.Itoa(wire.Version))
	w.Header().Set(workerHeader, h.memory.worker())
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		fmt.Fprintf(w, "fourlevels worker, protocol %d\n", wire.Version)
	case http.MethodPost, http.MethodDelete:
		h.run(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST, DELETE")
		http.Error(w, "tasks come by POST", http.StatusMethodNotAllowed)
	}
}

// run is for what has a key: a POST, or the DELETE that gives it up.
func (h *Handler) run(w http.ResponseWriter, r *http.Request) {
	if version := r.Header.Get(protocolHeader); version != strconv.Itoa(wire.Version) {
		http.Error(w, fmt.Sprintf("this worker speaks protocol %d, the caller %.20q: build both from the same version", wire.Version, version), http.StatusBadRequest)
		return
	}
	key, err := parseKey(r.Header.Get(keyHeader))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if name := r.Header.Get(workerHeader); name != "" {
		if key.pinned = name == h.memory.worker(); !key.pinned {
			drain(r)
			http.Error(w, "the request is for another worker than this one", http.StatusPreconditionFailed)
			return
		}
	}
	if r.Method == http.MethodDelete {
		h.memory.giveUp(key)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if r.Header.Get("Content-Type") != contentType {
		http.Error(w, "tasks are "+contentType, http.StatusUnsupportedMediaType)
		return
	}
	weight, ok := h.enter(r.ContentLength)
	if !ok {
		later(w, r)
		return
	}
	defer h.inside.Add(-weight)
	tasks, err := readTasks(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	h.once(w, r, key, tasks)
}

// enter makes room for a request whose body is as long, or longer if that is not known.
func (h *Handler) enter(length int64) (weight int64, ok bool) {
	most := int64(positive(h.InFlight, 1024))
	if length < 0 || length > wire.Limit {
		length = wire.Limit
	}
	weight = min(1+length>>20, most)
	if h.inside.Add(weight) > most {
		h.inside.Add(-weight)
		return 0, false
	}
	return weight, true
}

// drain reads the usual body and drops it: a connection that breaks while the caller
// writes could not tell anything.
func drain(r *http.Request) { io.CopyN(io.Discard, r.Body, 4<<20) }

// later tells a caller to come again, for nothing has been done.
func later(w http.ResponseWriter, r *http.Request) {
	drain(r)
	w.Header().Set("Retry-After", "1")
	http.Error(w, "this worker has as many requests as it takes: come later", http.StatusServiceUnavailable)
}

// refuse tells why tasks could not be read.
func refuse(w http.ResponseWriter, err error) {
	tooLarge := (*http.MaxBytesError)(nil)
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, fmt.Sprintf("the tasks are over %d bytes", tooLarge.Limit), http.StatusRequestEntityTooLarge)
	case errors.Is(err, os.ErrDeadlineExceeded):
		http.Error(w, "the tasks took too long to come", http.StatusRequestTimeout)
	default:
		http.Error(w, "read tasks: "+err.Error(), http.StatusBadRequest)
	}
}

// once runs the tasks, or waits for those who run them already, and answers.
func (h *Handler) once(w http.ResponseWriter, r *http.Request, key key, tasks []levels.Task) {
	o, isNew, err := h.memory.open(r.Context(), key)
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	defer context.AfterFunc(r.Context(), func() { h.memory.leave(o, context.Cause(r.Context())) })()
	if isNew {
		h.answer(o, tasks)
	}
	select {
	case <-o.done:
	case <-r.Context().Done():
		return
	}
	if o.answer == nil {
		http.Error(w, errNoAnswer.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(o.answer)))
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime)) // an error says that w is none of a server's
	w.Write(o.answer)
}

// answer runs the tasks. There is no answer if one takes this goroutine along, or if they
// were cancelled: who asks again has not cancelled them.
func (h *Handler) answer(o *outcome, tasks []levels.Task) {
	var answer []byte
	defer func() { h.memory.finish(o, answer) }()
	if results := h.Level.Run(o.ctx, tasks); o.ctx.Err() == nil {
		answer = wire.AppendResults(nil, results)
	}
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
