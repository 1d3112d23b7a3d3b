package authority

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// The file holds, for each generation, its certificate with when it was made known, and its key behind it.
const (
	pemCert      = "CERTIFICATE"
	pemKey       = "PRIVATE KEY"
	headerSince  = "Since"
	headerFor    = "Company"
	headerFormat = "Holdfast-Authority" // the format's version
	format       = "1"
)

// MarshalMax bounds what Parse reads, in bytes.
const MarshalMax = 64 << 10

// Marshal writes s down with its keys.
func (s State) Marshal() ([]byte, error) {
	var out bytes.Buffer
	for i := range s.Generations {
		g := &s.Generations[i]
		key, err := x509.MarshalPKCS8PrivateKey(g.Key)
		if err != nil {
			return nil, fmt.Errorf("write authority's key: %w", err)
		}
		head := map[string]string{headerFormat: format, headerFor: s.Company, headerSince: g.Since.UTC().Format(time.RFC3339)}
		for _, b := range []*pem.Block{{Type: pemCert, Headers: head, Bytes: g.Cert.Raw}, {Type: pemKey, Bytes: key}} {
			if err := pem.Encode(&out, b); err != nil {
				return nil, fmt.Errorf("write authority: %w", err)
			}
		}
	}
	return out.Bytes(), nil
}

// Parse reads what Marshal writes.
func Parse(raw []byte) (State, error) {
	bad := func(why string) (State, error) { return State{}, &ledger.FormError{Field: "authority", Why: why} }
	if len(raw) > MarshalMax {
		return bad("is too large")
	}
	var s State
	for {
		b, rest := pem.Decode(raw)
		if b == nil {
			break
		}
		if b.Type != pemCert || b.Headers[headerFormat] != format {
			return bad("is not in the format that this program knows")
		}
		k, rest := pem.Decode(rest)
		if k == nil || k.Type != pemKey {
			return bad("lacks a key")
		}
		raw = rest
		since, err := time.Parse(time.RFC3339, b.Headers[headerSince])
		if err != nil || since.Year() < 2000 || since.Year() > 9999 {
			return bad("does not say since when it is known")
		}
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return bad("has a certificate that cannot be read")
		}
		key, err := ParseKey(k.Bytes)
		if err != nil {
			return State{}, err
		}
		if !ofKey(cert, key) {
			return bad("has a key that is not its certificate's")
		}
		if s.Company == "" {
			if s.Company = b.Headers[headerFor]; identity.CheckCompany(s.Company) != nil {
				return bad("does not say whose it is")
			}
		}
		one := State{Company: b.Headers[headerFor], Generations: []Generation{{Since: since.UTC(), Cert: cert, Key: key}}}
		if s, err = s.Join(one); err != nil {
			return State{}, err
		}
	}
	if len(s.Generations) == 0 {
		return bad("is empty")
	}
	return s, nil
}

// ParseKeyPEM reads a private key as PEM.
func ParseKeyPEM(raw []byte) (crypto.Signer, error) {
	b, _ := pem.Decode(raw)
	if b == nil || b.Type != pemKey {
		return nil, &ledger.FormError{Field: "key", Why: "is no PEM of a PRIVATE KEY (PKCS #8)"}
	}
	return ParseKey(b.Bytes)
}

// ParseKey reads a private key in PKCS #8.
func ParseKey(der []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, &ledger.FormError{Field: "key", Why: "is no private key in PKCS #8"}
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, &ledger.FormError{Field: "key", Why: "cannot sign"}
	}
	return signer, nil
}

// MarshalCert writes a certificate, or a chain of them, as PEM.
func MarshalCert(chain ...[]byte) []byte {
	var out bytes.Buffer
	for _, der := range chain {
		_ = pem.Encode(&out, &pem.Block{Type: pemCert, Bytes: der}) // a buffer takes all
	}
	return out.Bytes()
}

// ParseCerts reads certificates as PEM, at most GenerationsMax.
func ParseCerts(raw []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for len(out) < GenerationsMax {
		b, rest := pem.Decode(raw)
		if b == nil {
			break
		}
		raw = rest
		if b.Type != pemCert {
			continue
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, &ledger.FormError{Field: "certificate", Why: "cannot be read"}
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, &ledger.FormError{Field: "certificate", Why: "is missing"}
	}
	return out, nil
}
