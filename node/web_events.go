package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// Bounds of an event stream. A reader that takes longer than eventWriteMax over one write, or
// is more than eventBehindMax entries behind, is let go: it comes back with Last-Event-ID.
const (
	eventWriteMax  = 5 * time.Second
	eventPause     = 250 * time.Millisecond // between two looks, whatever happens in between
	eventBeat      = 5 * time.Second        // a status is sent this often though nothing changed
	eventBatch     = 256                    // entries in one write
	eventBehindMax = 100_000
)

// events streams what happens: a status at the beginning, after changes and as a heartbeat,
// and each entry of the journal. The stream holds nothing back in memory: a commit only rings,
// and what is to be sent is read from the journal.
func (s *web) events(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "only"); err != nil {
		return err
	}
	only := q.Get("only")
	if only != "" && only != "status" && only != "entries" {
		return &ledger.FormError{Field: "only", Why: "is not status or entries"}
	}
	if !door.CallerOf(r.Context()).May(door.Journal) { // nil, the owner, may
		if only == "entries" {
			return &door.ForbiddenError{Caller: door.CallerOf(r.Context()), Needs: door.Journal}
		}
		only = "status"
	}
	_, from, err := contract.ReadAfter(r.Header.Get("Last-Event-ID"))
	if err != nil {
		return &ledger.FormError{Field: "Last-Event-ID", Why: "is not EPOCH.SEQ, such as 1.240: send the id of the last event that was read, or leave it out"}
	}
	if r.Header.Get("Last-Event-ID") == "" {
		from = s.book.Head().Seq
	}
	if trimmed := s.book.Trimmed(); from < trimmed && only != "status" {
		return fmt.Errorf("go on after entry %d: %w up to %d", from, ledger.ErrTrimmed, trimmed)
	}
	select {
	case s.readers <- struct{}{}:
		defer func() { <-s.readers }()
	default:
		return errCrowded
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	st := &stream{web: s, w: w, ctl: http.NewResponseController(w), at: from, status: only != "entries", entries: only != "status"}
	st.run(r)
	return nil
}

// stream is one reader of events.
type stream struct {
	*web
	w       http.ResponseWriter
	ctl     *http.ResponseController
	at      ledger.Seq // sent up to here
	status  bool
	entries bool
	buf     bytes.Buffer
	last    []byte // the last status sent, but for its moment
}

// run sends until the reader goes, is too slow, or the node closes.
func (st *stream) run(r *http.Request) {
	beat := true
	for {
		changed := st.book.Changed()
		if !st.stays(r) || st.send(beat) != nil {
			return
		}
		fired, stop := st.env.Clock.After(eventBeat)
		select {
		case <-changed:
			beat = false
		case <-fired:
			beat = true
		case <-r.Context().Done():
			stop()
			return
		case <-st.closing:
			stop()
			return
		}
		stop()
		if !st.pause(r) {
			return
		}
	}
}

// stays says whether the reader may go on: whoever is signed out or turned away reads no more than what is on its way.
func (st *stream) stays(r *http.Request) bool {
	c, err := st.identify(r)
	return err == nil && c.May(door.Look) && (!st.entries || c.May(door.Journal))
}

// pause lets changes gather, so that a busy till costs a reader four looks a second, no more.
func (st *stream) pause(r *http.Request) bool {
	fired, stop := st.env.Clock.After(eventPause)
	defer stop()
	select {
	case <-fired:
		return true
	case <-r.Context().Done():
	case <-st.closing:
	}
	return false
}

// send writes what is new, in writes of bounded size and time.
func (st *stream) send(beat bool) error {
	st.buf.Reset()
	if st.status {
		if err := st.putStatus(beat); err != nil {
			return err
		}
	}
	for st.entries {
		more, err := st.putEntries()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if err := st.flush(); err != nil {
			return err
		}
	}
	if st.buf.Len() == 0 && beat {
		st.buf.WriteString(": still here\n\n")
	}
	return st.flush()
}

func (st *stream) putStatus(beat bool) error {
	now := st.Status()
	at := now.At
	now.At = ""
	if now.Link != nil { // ages grow by themselves; they go along with what has changed
		still := *now.Link
		still.ContactAgo, still.UnsharedAge = 0, 0
		defer func(full *contract.LinkStatus) { now.Link = full }(now.Link)
		now.Link = &still
	}
	bare, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("encode status: %w", err)
	}
	if !beat && bytes.Equal(bare, st.last) {
		return nil
	}
	st.last = bare
	full := st.Status()
	full.At = at
	return st.put("status", "", full)
}

func (st *stream) putEntries() (more bool, err error) {
	if head := st.book.Head().Seq; head > st.at+eventBehindMax {
		return false, errors.New("reader is too far behind")
	}
	entries, hashes, err := st.book.Entries(st.at, eventBatch)
	if err != nil {
		return false, fmt.Errorf("read entries after %d: %w", st.at, err)
	}
	for i, e := range entries {
		if err := st.put("entry", fmt.Sprintf("%d.%d", e.Epoch, e.Seq), contract.RenderEntry(e, hashes[i])); err != nil {
			return false, err
		}
		st.at = e.Seq
	}
	return len(entries) == eventBatch, nil
}

func (st *stream) put(event, id string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", event, err)
	}
	if id != "" {
		fmt.Fprintf(&st.buf, "id: %s\n", id)
	}
	fmt.Fprintf(&st.buf, "event: %s\ndata: %s\n\n", event, body)
	return nil
}

func (st *stream) flush() error {
	if st.buf.Len() == 0 {
		return nil
	}
	// The deadline is the connection's, so it is told in its time. A recorder in a test has none.
	if err := st.ctl.SetWriteDeadline(st.env.Clock.Wall().Add(eventWriteMax)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := st.w.Write(st.buf.Bytes()); err != nil {
		return err
	}
	st.buf.Reset()
	if err := st.ctl.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
