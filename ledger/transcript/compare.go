package transcript

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Compare finds the first entry in which two copies of a site's journal are not the same; nil: there is none. Both are
// read as far as both go; whether either is sound, Check says. The fault is named as of the first copy.
func Compare(a, b io.Reader) (*Fault, error) {
	left, err := newStream(a)
	if err != nil {
		return nil, err
	}
	right, err := newStream(b)
	if err != nil {
		return nil, fmt.Errorf("the other copy: %w", err)
	}
	if l, r := left.r.header, right.r.header; l.Site != r.Site || l.First != r.First {
		return nil, fmt.Errorf("compare copies: one is of %s from entry %d on, the other of %s from entry %d on", l.Site, l.First, r.Site, r.First)
	}
	for last := left.r.header.First - 1; ; last++ {
		l, okL, err := left.next()
		if err != nil {
			return nil, err
		}
		r, okR, err := right.next()
		switch {
		case err != nil:
			return nil, fmt.Errorf("the other copy: %w", err)
		case !okL && !okR:
			return nil, nil
		case !okL:
			return &Fault{Fault: Removed, First: last + 1, Last: last + 1, Kind: r.kind, What: fmt.Sprintf("this copy ends with entry %d", last)}, nil
		case !okR:
			return &Fault{Fault: Removed, First: last + 1, Last: last + 1, Kind: l.kind, What: fmt.Sprintf("the other copy ends with entry %d", last)}, nil
		case l.hash() != r.hash() || l.says != r.says || string(l.f.Entries[l.i]) != string(r.f.Entries[r.i]):
			return &Fault{Fault: Changed, First: last + 1, Last: last + 1, Kind: l.kind, What: "of this copy and the other, " + differs(&l, &r)}, nil
		}
	}
}

// A stream gives the items of a file one after the other.
type stream struct {
	r *Reader
	f *ledger.Frame
	i int
}

func newStream(from io.Reader) (*stream, error) {
	r, err := NewReader(from)
	if err != nil {
		return nil, err
	}
	return &stream{r: r}, nil
}

func (s *stream) next() (item, bool, error) {
	if s.f == nil || s.i == len(s.f.Entries) {
		raw, err := s.r.Next()
		if err == io.EOF {
			return item{}, false, nil
		}
		if err == nil {
			s.f, err = ledger.DecodeFrame(raw)
		}
		if err != nil {
			return item{}, false, fmt.Errorf("read export: %w", err)
		}
		s.i = 0
	}
	s.i++
	return read(s.f, s.i-1), true, nil
}

// differs says in which fields two entries are not the same.
func differs(l, r *item) string {
	a, errA := ledger.UnmarshalEntry(l.f.Entries[l.i])
	b, errB := ledger.UnmarshalEntry(r.f.Entries[r.i])
	if errA != nil || errB != nil {
		return "one cannot be read"
	}
	var out []string
	say := func(what string, a, b any) {
		if !reflect.DeepEqual(a, b) {
			out = append(out, fmt.Sprintf("%s is %q and %q", what, fmt.Sprint(a), fmt.Sprint(b)))
		}
	}
	say("kind", a.Kind, b.Kind)
	say("number", a.Seq, b.Seq)
	say("epoch", a.Epoch, b.Epoch)
	say("moment", a.At, b.At)
	say("actor", a.Actor, b.Actor)
	say("device", a.Device, b.Device)
	say("approver", a.Approver, b.Approver)
	say("reference", a.Ref, b.Ref)
	if !reflect.DeepEqual(a.Postings, b.Postings) {
		out = append(out, "the postings are not the same")
	}
	if !reflect.DeepEqual(a.Lots, b.Lots) {
		out = append(out, "the lots are not the same")
	}
	if !reflect.DeepEqual(a.Body, b.Body) {
		out = append(out, "what they say beside it is not the same")
	}
	if a.Key != b.Key || a.Request != b.Request {
		out = append(out, "they answer other requests")
	}
	if len(out) == 0 {
		return "the entries are the same, and follow from others"
	}
	return strings.Join(out, "; ")
}
