package hq

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A server that got the state by a snapshot lacks the frames that came before it. It fetches
// them from the others; the chain says whether they are right, so any server will do.

const (
	pathJournal  = "/link/v1/journal"
	fetchBytes   = 4 << 20                                    // frames of one answer, unless the first alone is larger
	fetchMax     = fetchBytes + ledger.FrameBytesLone + 1<<20 // bytes read of one answer
	fetchWait    = 30 * time.Second
	fetchEach    = 30 * time.Second // how often the store is compared with the state, ring or no ring
	fetchSettle  = time.Second      // a gap that is there after so long is one; the store may just be behind
	fetchBackoff = 30 * time.Second
)

// runFetch closes the gaps of the journal store.
func (s *Server) runFetch(ctx context.Context) error {
	wait := fetchSettle
	for {
		rung := s.fsm.gaps.wait()
		gaps := s.gaps()
		switch {
		case len(gaps) == 0:
			wait = fetchSettle
			if !s.pauseOr(ctx, fetchEach, rung) {
				return nil
			}
			continue
		case !s.pause(ctx, wait):
			return nil
		}
		left := 0
		for _, site := range s.gaps() {
			if err := s.fetch(ctx, site); err != nil {
				left++
				s.log.LogAttrs(ctx, slog.LevelWarn, "journal has a gap", slog.String(keySite, string(site)),
					slog.Uint64(keySeq, uint64(s.journal.WholeSeq(site))), slog.Any(keyErr, err))
			}
			if ctx.Err() != nil {
				return nil
			}
		}
		if wait = fetchSettle; left > 0 {
			wait = min(2*wait, fetchBackoff)
		}
	}
}

func (s *Server) pauseOr(ctx context.Context, d time.Duration, rung <-chan struct{}) bool {
	fired, stop := s.env.Clock.After(d)
	defer stop()
	select {
	case <-ctx.Done():
		return false
	case <-fired:
	case <-rung:
	}
	return true
}

// gaps lists the sites whose journal here ends before the state's position.
func (s *Server) gaps() []ledger.SiteID {
	var out []ledger.SiteID
	s.View(func(m *machine.Machine) {
		for _, site := range m.Sites() {
			if s.journal.WholeSeq(site.ID) < site.Stored.Seq {
				out = append(out, site.ID)
			}
		}
	})
	return out
}

// fetch closes one site's gap from whoever has it.
func (s *Server) fetch(ctx context.Context, site ledger.SiteID) error {
	var want ledger.Seq
	s.View(func(m *machine.Machine) {
		if st, ok := m.Site(site); ok {
			want = st.Stored.Seq
		}
	})
	last := errors.New("no other server is known")
	for _, from := range s.others() {
		for s.journal.WholeSeq(site) < want {
			before := s.journal.WholeSeq(site)
			frames, err := s.fetchFrom(ctx, from, site, before)
			if err == nil {
				err = s.journal.Fill(site, frames)
			}
			if err != nil {
				last = err
				break
			}
			if s.journal.WholeSeq(site) == before {
				last = fmt.Errorf("fetch journal from %s: it has nothing after entry %d", from, before)
				break
			}
		}
		if s.journal.WholeSeq(site) >= want {
			s.log.LogAttrs(ctx, slog.LevelInfo, "journal fetched", slog.String(keySite, string(site)), slog.Uint64(keySeq, uint64(want)))
			return nil
		}
	}
	return last
}

func (s *Server) fetchFrom(ctx context.Context, from string, site ledger.SiteID, after ledger.Seq) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	q := url.Values{"site": {string(site)}, "after": {strconv.FormatUint(uint64(after), 10)}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from+pathJournal+"?"+q.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("fetch journal: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetch journal: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch journal from %s: answered %d", from, answer.StatusCode)
	}
	frames, err := readFrames(io.LimitReader(answer.Body, fetchMax))
	if err != nil {
		return nil, fmt.Errorf("fetch journal from %s: %w", from, err)
	}
	return frames, nil
}

// writeFrames writes each frame behind its length, in 4 bytes, big end first.
func writeFrames(w io.Writer, frames [][]byte) error {
	for _, f := range frames {
		head := binary.BigEndian.AppendUint32(nil, uint32(len(f))) // a frame is at most a few MiB
		if _, err := w.Write(head); err != nil {
			return fmt.Errorf("write frames: %w", err)
		}
		if _, err := w.Write(f); err != nil {
			return fmt.Errorf("write frames: %w", err)
		}
	}
	return nil
}

func readFrames(r io.Reader) ([][]byte, error) {
	var out [][]byte
	for {
		frame, err := readFrame(r)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, frame)
	}
}

// readFrame reads one frame behind its length; io.EOF, alone, where there is none.
func readFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err == io.EOF {
		return nil, io.EOF
	} else if err != nil {
		return nil, fmt.Errorf("read frames: %w", err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > ledger.FrameBytesLone+ledger.FrameBytesMax {
		return nil, fmt.Errorf("read frames: one of %d bytes", n)
	}
	frame := make([]byte, n)
	if _, err := io.ReadFull(r, frame); err != nil {
		return nil, fmt.Errorf("read frames: %w", err)
	}
	return frame, nil
}
