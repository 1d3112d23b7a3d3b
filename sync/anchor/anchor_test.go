package anchor_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/anchor"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

var start = time.Date(2026, 11, 27, 1, 0, 0, 0, time.UTC)

// papers of a name under an authority, made at a moment.
func papers(t testing.TB, s authority.State, n identity.Name, at time.Time) *identity.Papers {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err1 := authority.Request(key, nil, rand.Reader)
	ders, err2 := s.Issue(n, csr, rand.Reader, at)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return &identity.Papers{Name: n, Chain: tls.Certificate{Certificate: ders, PrivateKey: key}}
}

func company(t testing.TB) authority.State {
	t.Helper()
	s, err := authority.New("c-1", rand.Reader, start)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func roots(s authority.State) []*x509.Certificate { return s.Trust(start).Roots }

var server = identity.Name{Company: "c-1", Role: identity.RoleHQ, Who: "hq-1"}

type noPast struct{}

func (noPast) Key(ledger.Digest) (ledger.KeyRef, bool, error)    { return ledger.KeyRef{}, false, nil }
func (noPast) Order(ledger.OrderID) (*ledger.Order, bool, error) { return nil, false, nil }
func (noPast) Entry(ledger.Seq) (*ledger.Entry, error)           { return nil, ledger.ErrClosed }

// journal is what a site wrote, three entries to a frame.
func journal(n int) (out []*ledger.Frame) {
	core := ledger.NewCore(ledger.NewState("leeds"), noPast{})
	core.Decide(&ledger.OpenSite{Epoch: 1}, start)
	for i := range n {
		for k := range 3 {
			core.Decide(&ledger.Receive{ID: fmt.Sprintf("GRN-%d-%d", i, k), Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 1}}}, start)
		}
		out = append(out, core.Cut()...)
	}
	return out
}

func signed(t testing.TB, s authority.State, heads ...ledger.Head) []byte {
	t.Helper()
	raw, err := anchor.Sign(anchor.Statement{Company: "c-1", At: start, Heads: heads}, papers(t, s, server, start), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func headAt(frames []*ledger.Frame, seq ledger.Seq) ledger.Head {
	for _, f := range frames {
		if f.First <= seq && seq <= f.End().Seq {
			return ledger.Head{Site: f.Site, Position: ledger.Position{Epoch: f.Epoch, Seq: seq, Hash: f.Hashes[seq-f.First]}}
		}
	}
	panic("no such entry")
}

func TestAStatementIsBelievedUnderTheCompanysRootsAlone(t *testing.T) {
	s, other := company(t), company(t)
	heads := []ledger.Head{headAt(journal(2), 7), headAt(journal(1), 4)}
	raw := signed(t, s, heads...)
	got, by, err := anchor.Open(raw, roots(s))
	if err != nil || by != server || len(got.Heads) != 2 || got.Heads[0] != heads[0] || !got.At.Equal(start) {
		t.Fatalf("got %+v by %v, %v", got, by, err)
	}
	if _, _, err := anchor.Open(raw, roots(other)); !errors.Is(err, identity.ErrForeign) {
		t.Errorf("under other roots: got %v", err)
	}
	late := start.Add(authority.Life + time.Hour)
	old := papers(t, s, server, start)
	raw, err = anchor.Sign(anchor.Statement{Company: "c-1", At: late, Heads: heads}, old, rand.Reader)
	if _, _, openErr := anchor.Open(raw, roots(s)); err != nil || !errors.Is(openErr, identity.ErrEnded) {
		t.Errorf("signed after the certificate's end: got %v, %v", err, openErr)
	}
	site := papers(t, s, identity.Name{Company: "c-1", Role: identity.RoleSite, Who: "leeds", Epoch: 1}, start)
	if _, err := anchor.Sign(anchor.Statement{Company: "c-1", At: start, Heads: heads}, site, rand.Reader); err == nil {
		t.Error("a site has signed as head office")
	}
	site.Name = server // a site's node that lies about itself has its own certificate still
	raw, err = anchor.Sign(anchor.Statement{Company: "c-1", At: start, Heads: heads}, site, rand.Reader)
	if _, _, openErr := anchor.Open(raw, roots(s)); err != nil || openErr == nil || !strings.Contains(openErr.Error(), "holdfast://c-1/site/leeds") {
		t.Errorf("signed by a site: got %v, %v", err, openErr)
	}
}

func TestAByteOfAStatementOrProofThatIsChangedIsFound(t *testing.T) {
	s := company(t)
	frames := journal(2)
	path, err := anchor.Path(frames, 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	p := anchor.Proof{Path: path, Statement: signed(t, s, headAt(frames, 5))}
	whole := p.Marshal()
	pool := roots(s)
	if got, err := verify(whole, pool); err != nil || got.Entry.Ref != "GRN-0-1" || got.Head.Seq != 5 || got.Site != "leeds" || got.Hash != headAt(frames, 3).Hash {
		t.Fatalf("got %+v, %v", got, err)
	}
	for at := 0; at < len(whole); at += 3 {
		bad := bytes.Clone(whole)
		bad[at] ^= 1
		if got, err := verify(bad, pool); err == nil {
			t.Fatalf("byte %d (%q) changed: got %+v", at, whole[at], got)
		}
	}
}

func verify(raw []byte, roots []*x509.Certificate) (anchor.Proven, error) {
	p, err := anchor.ParseProof(raw)
	if err != nil {
		return anchor.Proven{}, err
	}
	return p.Verify(roots)
}

// Somebody who works out hashes anew cannot make what was signed.
func TestAProofOfAnotherEntryIsRefused(t *testing.T) {
	s := company(t)
	frames := journal(3)
	statement := signed(t, s, headAt(frames, 9))
	path, err := anchor.Path(frames, 4, 9)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (&anchor.Proof{Path: path, Statement: statement}).Verify(roots(s)); err != nil || got.Entry.Seq != 4 {
		t.Fatalf("got %+v, %v", got, err)
	}
	forged := *path[0]
	e, _ := ledger.UnmarshalEntry(forged.Entries[0])
	e.Actor = "bob"
	forged.Entries = append([][]byte{ledger.MarshalEntry(e)}, forged.Entries[1:]...)
	bare := &anchor.Proof{Path: append([]*ledger.Frame{&forged}, path[1:]...), Statement: statement}
	if _, err := bare.Verify(roots(s)); err == nil || !strings.Contains(err.Error(), "entry 4") {
		t.Errorf("an entry that was changed: got %v, want it named", err)
	}
	again := journal(3)
	before := again[0].Before
	for _, f := range again {
		f.Before = before
		for i := range f.Entries {
			if f.First+ledger.Seq(i) == 4 {
				f.Entries[i] = ledger.MarshalEntry(e)
			}
			f.Hashes[i] = ledger.Chain(before, f.Site, f.Epoch, f.First+ledger.Seq(i), f.Entries[i])
			before = f.Hashes[i]
		}
	}
	path, _ = anchor.Path(again, 4, 9)
	if _, err := (&anchor.Proof{Path: path, Statement: statement}).Verify(roots(s)); !errors.Is(err, anchor.ErrNotSigned) {
		t.Errorf("a chain that was worked out anew: got %v", err)
	}
	short, _ := anchor.Path(frames, 4, 8)
	if _, err := (&anchor.Proof{Path: short, Statement: statement}).Verify(roots(s)); !errors.Is(err, anchor.ErrNotSigned) {
		t.Errorf("a path that ends before: got %v", err)
	}
	if _, err := anchor.Path(frames[1:], 4, 9); err == nil {
		t.Error("a path was cut out of frames that do not have its entry")
	}
	if _, err := anchor.Path(frames, 4, 90); err == nil {
		t.Error("a path was cut out to an entry that is not there")
	}
}

func TestWhatIsNoStatementIsSaid(t *testing.T) {
	s := company(t)
	raw := signed(t, s, headAt(journal(1), 2))
	text := func(text string) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "HOLDFAST HEADS", Bytes: []byte(text)})
	}
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":              {nil, anchor.ErrNotOne},
		"another file":         {[]byte("HOLDFAST JOURNAL\n"), anchor.ErrNotOne},
		"something behind it":  {append(bytes.Clone(raw), "and so on"...), anchor.ErrNotOne},
		"no signature":         {text("holdfast heads 1\ncompany c-1\nat 2026-11-27T01:00:00Z\n"), anchor.ErrNotOne},
		"another's statement":  {append(text("holdfast heads 1\ncompany c-1\nat 2026-11-27T01:00:00Z\n"), raw[bytes.Index(raw, []byte("-----BEGIN HOLDFAST SIG")):]...), anchor.ErrSignature},
		"a statement of later": {append(text("holdfast heads 2\n"), raw[bytes.Index(raw, []byte("-----BEGIN HOLDFAST SIG")):]...), nil},
	} {
		if _, _, err := anchor.Open(c.raw, roots(s)); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}
