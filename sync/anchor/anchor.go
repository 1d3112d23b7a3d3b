package anchor

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// The file is PEM: the statement, its signature (ECDSA of SHA-256, ASN.1), the signer's certificate. Whoever
// checks it has what is above that, and would believe no other.
const (
	pemHeads     = "HOLDFAST HEADS"
	pemSignature = "HOLDFAST SIGNATURE"
	pemCert      = "CERTIFICATE"

	title    = "holdfast heads 1" // the format's version with it
	chainMax = 1
)

// Bounds of a statement.
const (
	HeadsMax = 50_000
	FileMax  = 16 << 20 // bytes that Open reads
)

// A Statement says where journals stood. Its heads are at most HeadsMax.
type Statement struct {
	Company string
	At      time.Time // by the clock of who signs, whole seconds
	Heads   []ledger.Head
}

// text is what is signed.
func (s *Statement) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\ncompany %s\nat %s\n", title, s.Company, s.At.UTC().Format(time.RFC3339))
	for _, h := range s.Heads {
		b.WriteString(h.String() + "\n")
	}
	return b.Bytes()
}

func parse(text []byte) (Statement, error) {
	bad := func(why string) (Statement, error) {
		return Statement{}, &ledger.FormError{Field: "statement of heads", Why: why}
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 4 || lines[0] != title {
		return bad("does not begin as one of this version does: check it with the program that made it, or a newer one")
	}
	var s Statement
	s.Company = strings.TrimPrefix(lines[1], "company ")
	if err := identity.CheckCompany(s.Company); err != nil {
		return s, err
	}
	var err error
	if s.At, err = time.Parse(time.RFC3339, strings.TrimPrefix(lines[2], "at ")); err != nil {
		return bad("does not say when it was signed: ask for the file again")
	}
	for _, line := range lines[3 : len(lines)-1] {
		h, err := ledger.ParseHead(line)
		if err != nil {
			return s, err
		}
		s.Heads = append(s.Heads, h)
	}
	if len(s.Heads) > HeadsMax || !bytes.Equal(s.text(), text) {
		return bad("is not in its one spelling: it was changed, so ask for the file again")
	}
	return s, nil
}

// Sign gives the file of a statement, signed with a server's papers.
func Sign(s Statement, papers *identity.Papers, random io.Reader) ([]byte, error) {
	if len(s.Heads) > HeadsMax {
		return nil, &ledger.FormError{Field: "heads", Why: fmt.Sprintf("are %d; a statement has %d at most: ask for one site at a time", len(s.Heads), HeadsMax)}
	}
	key, ok := papers.Chain.PrivateKey.(crypto.Signer)
	if !ok || papers.Name.Role != identity.RoleHQ || papers.Name.Company != s.Company {
		return nil, errors.New("sign heads: these are no papers of a server of that company")
	}
	text := s.text()
	digest := sha256.Sum256(text)
	signature, err := key.Sign(random, digest[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign heads: %w", err)
	}
	out := pem.EncodeToMemory(&pem.Block{Type: pemHeads, Bytes: text})
	out = append(out, pem.EncodeToMemory(&pem.Block{Type: pemSignature, Bytes: signature})...)
	for _, der := range papers.Chain.Certificate[:chainMax] {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: pemCert, Bytes: der})...)
	}
	return out, nil
}

var (
	// ErrNotOne says that a file is something else.
	ErrNotOne = errors.New("it is no statement of heads and no proof")
	// ErrSignature says that the signature is not of this statement, or not of this certificate's key.
	ErrSignature = errors.New("its signature is not of what it says: the statement, the signature or the certificate was changed")
)

// Is says whether a file begins as a statement.
func Is(raw []byte) bool { return bytes.HasPrefix(raw, []byte("-----BEGIN "+pemHeads+"-----\n")) }

// Open reads a statement and believes it under these roots, or says why not.
func Open(raw []byte, roots []*x509.Certificate) (s Statement, by identity.Name, err error) {
	if !Is(raw) || len(raw) > FileMax {
		return s, by, ErrNotOne
	}
	blocks, err := split(raw, 2+chainMax)
	if err != nil {
		return s, by, err
	}
	if len(blocks) < 3 || blocks[1].Type != pemSignature {
		return s, by, fmt.Errorf("%w: signature or certificate is missing", ErrNotOne)
	}
	if s, err = parse(blocks[0].Bytes); err != nil {
		return s, by, err
	}
	var shown []*x509.Certificate
	for _, b := range blocks[2:] {
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil || b.Type != pemCert {
			return s, by, fmt.Errorf("%w: a certificate cannot be read", ErrSignature)
		}
		shown = append(shown, c)
	}
	key, ok := shown[0].PublicKey.(*ecdsa.PublicKey)
	if digest := sha256.Sum256(blocks[0].Bytes); !ok || !ecdsa.VerifyASN1(key, digest[:], blocks[1].Bytes) {
		return s, by, ErrSignature
	}
	trust := identity.Trust{Company: s.Company, Roots: roots}
	if by, err = trust.Peer(shown, x509.ExtKeyUsageClientAuth, s.At); err != nil {
		return s, by, fmt.Errorf("believe who has signed: %w", err)
	}
	if by.Role != identity.RoleHQ {
		return s, by, &identity.NotAllowedError{Name: by}
	}
	return s, by, nil
}

// split gives a file's blocks, at most most. What is not written as pem writes it is refused, so that nothing stands in a
// file that nobody has looked at.
func split(raw []byte, most int) ([]*pem.Block, error) {
	var out []*pem.Block
	for rest := raw; len(rest) > 0; {
		b, behind := pem.Decode(rest)
		if b == nil || len(out) == most || !bytes.Equal(pem.EncodeToMemory(b), rest[:len(rest)-len(behind)]) {
			return nil, fmt.Errorf("%w: from byte %d on it is not in its one spelling", ErrNotOne, len(raw)-len(rest))
		}
		out, rest = append(out, b), behind
	}
	return out, nil
}
