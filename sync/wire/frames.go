package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
)

// PathJournal gives the frames of a site's journal, by GET with the site and the entry that they
// follow: to the site itself, which rebuilds its book, and from one server to another.
const PathJournal = "/link/v1/journal"

// JournalType is the content type of frames.
const JournalType = "application/octet-stream"

// JournalBytes is what one answer has of frames, unless the first alone is larger.
const JournalBytes = 4 << 20

// journalMax bounds what is read of one answer.
const journalMax = JournalBytes + ledger.FrameBytesLone + 1<<20

// NewJournalRequest asks a server for the frames of site's journal that follow entry after.
func NewJournalRequest(ctx context.Context, server string, site ledger.SiteID, after ledger.Seq) (*http.Request, error) {
	q := url.Values{"site": {string(site)}, "after": {strconv.FormatUint(uint64(after), 10)}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server+PathJournal+"?"+q.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask for journal: %w", err)
	}
	return r, nil
}

// WriteFrames writes each frame behind its length, in 4 bytes, big end first.
func WriteFrames(w io.Writer, frames [][]byte) error {
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

// ReadFrames reads what WriteFrames wrote, to its end and within the bounds of one answer. most, where
// it is over 0, is the number of frames that are wanted: the rest is left.
func ReadFrames(from io.Reader, most int) ([][]byte, error) {
	r := &io.LimitedReader{R: from, N: journalMax + 1}
	var out [][]byte
	for most <= 0 || len(out) < most {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); errors.Is(err, io.EOF) && r.N > 0 {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("read frames: %w", err)
		}
		n := binary.BigEndian.Uint32(head[:])
		if n == 0 || n > ledger.FrameBytesLone+ledger.FrameBytesMax || int64(n) >= r.N {
			return nil, fmt.Errorf("read frames: %w: one of %d bytes", ErrMalformed, n)
		}
		frame := make([]byte, n)
		if _, err := io.ReadFull(r, frame); err != nil {
			return nil, fmt.Errorf("read frames: %w", err)
		}
		out = append(out, frame)
	}
	return out, nil
}
