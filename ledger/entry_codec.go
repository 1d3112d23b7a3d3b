package ledger

import (
	"fmt"
	"math"
	"time"
)

const entryVersion = 2

// An entryWriter encodes entries; what it works with it keeps for the next one. The zero
// writer is ready.
type entryWriter struct {
	names    nameTable
	postings []byte
	lots     []byte
	body     rowWriter
}

// append appends the bytes of e.
func (w *entryWriter) append(b []byte, e *Entry) []byte {
	w.names.reset()
	w.postings = appendPostings(w.postings[:0], e.Postings, e.Ref, &w.names)
	body := w.bodyOf(e)
	w.lots = appendLots(w.lots[:0], e.Lots, e.Ref, &w.names)
	p := rowWriter{buf: b}
	p.row(func() {
		p.uint(uint64(e.Kind))
		p.uint(entryVersion)
		p.uint(uint64(e.Seq))
		p.uint(uint64(e.Epoch))
		p.int(e.At.UnixMilli())
		p.keep()
		p.id(e.Ref)
		p.list(len(w.names.names), func(i int) { p.str(w.names.names[i]) })
		p.bin(w.postings)
		p.bin(body)
		p.keys(e.Key, e.Request)
		p.word(e.Actor)
		p.word(e.Device)
		p.bin(w.lots)
		p.word(e.Approver)
	})
	return p.buf
}

// bodyOf encodes the body, whose names join those of the postings.
func (w *entryWriter) bodyOf(e *Entry) []byte {
	w.body.buf, w.body.names = w.body.buf[:0], &w.names
	if !w.body.rowBody(e.Body, e) {
		return marshalBody(e.Body)
	}
	return w.body.buf
}

// MarshalEntry gives the bytes of e as they are stored, sent and hashed: a row of msgpack, kind
// and version first, fields only ever appended, no hash inside.
func MarshalEntry(e *Entry) []byte {
	w := entryWriter{names: nameTable{names: make([]string, 0, 8)}, postings: make([]byte, 0, entrySizeUsual/4),
		body: rowWriter{buf: make([]byte, 0, entrySizeUsual/2)}}
	return w.append(make([]byte, 0, entrySizeUsual), e)
}

// UnmarshalEntry reads what MarshalEntry wrote, now or ever. An entry of a kind that a newer
// peer wrote comes with an UnknownBody, not an error: protocol.md section 4 says what is done
// with it.
func UnmarshalEntry(b []byte) (*Entry, error) {
	e := &Entry{}
	if err := readEntry(b, e, nil); err != nil {
		return nil, err
	}
	return e, nil
}

// entryFieldsMin are the fields that an entry has whatever it says: up to its moment.
const entryFieldsMin = 5

// readEntry reads an entry into e, whose postings it appends to those in place.
func readEntry(b []byte, e *Entry, share *sharer) error {
	r := newRowReader(b, orderElementsMax, share)
	var body []byte
	version := uint64(0)
	r.row(entryFieldsMin, func() {
		e.Kind = Kind(r.upTo(math.MaxUint16))
		switch version = r.uint(); {
		case r.err != nil:
		case version == 0:
			r.refuse("entry version 0")
		case version == 1:
			body = r.entryV1(e)
		default: // every one since the second only appends
			body = r.entry(e)
		}
	})
	if err := r.done("entry"); err != nil {
		return err
	}
	var err error
	switch e.Kind {
	case KindPlaced, KindRefused, KindAsked, KindAskAccepted, KindAskAbandoned, KindCanceled, KindFilled, KindDisplaced, KindDraft, KindReview:
		e.Body, err = r.readOrderBody(body, e, version)
	case KindAttested, KindLate, KindAdjusted, KindWords, KindPicked, KindRejected, KindCounted,
		KindTransferAsked, KindTransferReserved, KindTransferDispatched, KindTransferReceived,
		KindPrepared, KindHandedOver, KindFollowed, KindPutBack, KindReturned, KindInspected, KindMoney, KindBlockedSeen,
		KindDrawer, KindTendered, KindDayEnded, KindAsset, KindPurchase, KindMoved, KindLot, KindManifest, KindDropShip:
		e.Body, err = r.readRowBody(body, e)
	default:
		e.Body, err = unmarshalBody(e.Kind, body)
	}
	if err != nil {
		return fmt.Errorf("decode entry %d %s: %w", e.Seq, e.Kind, err)
	}
	return nil
}

// entry reads what follows kind and version.
func (r *rowReader) entry(e *Entry) (body []byte) {
	e.Seq, e.Epoch = Seq(r.uint()), Epoch(r.uint())
	e.At = time.UnixMilli(r.int()).UTC()
	e.Ref = r.id()
	r.list(2*PostingsMax, func(n int) {
		r.names = r.share.room(n)
		for range n {
			r.names = append(r.names, r.share.of(r.text()))
		}
	})
	r.share.keep(r.names)
	postings := r.bin()
	body = r.bin()
	r.keys(&e.Key, &e.Request)
	e.Actor, e.Device = r.word(), r.word()
	lots := r.bin()
	e.Approver = r.word()
	if r.err == nil && len(postings) > 0 {
		var err error
		if e.Postings, err = readPostings(e.Postings, postings, e.Ref, r.names); err != nil {
			r.refuse("%w", err)
		}
	}
	if r.err == nil && len(lots) > 0 {
		var err error
		if e.Lots, err = readLots(lots, e.Ref, r.names); err != nil {
			r.refuse("%w", err)
		}
	}
	return body
}

func (r *rowReader) readOrderBody(raw []byte, e *Entry, version uint64) (*OrderBody, error) {
	v := r.share.body()
	body := newRowReader(raw, orderElementsMax, r.share)
	if body.names = r.names; version == 1 {
		body.orderBodyV1(v)
	} else {
		body.orderBody(v, e.Ref, e.At)
	}
	if err := body.done("body"); err != nil {
		return nil, err
	}
	return v, nil
}

func (r *rowReader) readRowBody(raw []byte, e *Entry) (b Body, err error) {
	body := newRowReader(raw, orderElementsMax, r.share)
	body.names = r.names
	switch e.Kind {
	case KindAttested:
		b = body.attested()
	case KindLate:
		b = body.late(e.Ref, e.At)
	case KindWords, KindMoney:
		b = body.wordsBody()
	case KindPicked, KindRejected:
		b = body.leg(e.Ref, e.At)
	case KindTransferAsked, KindTransferReserved, KindTransferDispatched, KindTransferReceived:
		b = body.transferBody()
	case KindPrepared, KindHandedOver, KindFollowed, KindPutBack:
		b = body.work(e.Ref, e.At)
	case KindReturned, KindInspected:
		b = body.returnBody(e.Ref, e.At)
	case KindBlockedSeen:
		b = body.blockedBody()
	case KindDrawer:
		b = body.drawerBody()
	case KindTendered:
		b = body.tenderBody(e.Ref)
	case KindDayEnded:
		b = body.dayBody()
	case KindAsset:
		b = body.assetBody()
	case KindPurchase:
		b = body.purchaseBody()
	case KindMoved:
		b = body.movedBody()
	case KindLot:
		b = body.lotBody(e.Ref)
	case KindManifest:
		b = body.manifest()
	case KindDropShip:
		b = body.dropBody(e.Ref, e.At)
	default:
		b = body.adjusted()
	}
	if err := body.done("body"); err != nil {
		return nil, err
	}
	return b, nil
}

// keys writes an idempotency key and the digest of its request as one string of bytes.
func (w *rowWriter) keys(key, request Digest) {
	if key == (Digest{}) && request == (Digest{}) {
		w.null()
		return
	}
	var both [2 * len(key)]byte
	copy(both[:], key[:])
	copy(both[len(key):], request[:])
	if request == (Digest{}) {
		w.bin(key[:])
	} else {
		w.bin(both[:])
	}
}

func (r *rowReader) keys(key, request *Digest) {
	b := r.bin()
	switch len(b) {
	case 0, len(key):
		copy(key[:], b)
	case len(key) + len(request):
		copy(request[:], b[copy(key[:], b):])
	default:
		r.refuse("keys of %d bytes", len(b))
	}
}
