package live

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// stream sends the show to a browser, as server-sent events: a frame for each tick in which
// something happened, and the scene as it is in the first. It ends with the show, the
// browser, or a frame that the browser does not take in time.
func (p *Page) stream(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) {
		http.Error(w, "the stream is for this page only", http.StatusForbidden)
		return
	}
	select {
	case p.seats <- struct{}{}:
		defer func() { <-p.seats }()
	default:
		http.Error(w, "too many browsers look already", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	if out.SetReadDeadline(time.Time{}) != nil { // or the server would take a quiet browser for gone
		return
	}
	io.WriteString(w, "retry: 1000\n\n") // milliseconds; if that fails, so does the first frame
	tick := time.NewTicker(pageTick)
	defer tick.Stop()
	place, sent := -1, time.Time{}
	for {
		f := p.feed.after(place)
		if f.news || f.last || time.Since(sent) >= pageBeat {
			if sendFrame(w, out, f) != nil {
				return
			}
			place, sent = f.next, time.Now()
		}
		if f.last {
			return
		}
		select {
		case <-tick.C:
		case <-p.closed:
		case <-r.Context().Done():
			return
		}
	}
}

// sendFrame sends a frame, and says if it is the last.
func sendFrame(w http.ResponseWriter, out *http.ResponseController, f frame) error {
	var b bytes.Buffer
	if f.last {
		b.WriteString("event: end\n")
	}
	b.WriteString("data: ")
	b.Write(f.body)
	b.WriteString("\n\n")
	if err := out.SetWriteDeadline(time.Now().Add(pageTimeout)); err != nil {
		return err
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	return out.Flush()
}
