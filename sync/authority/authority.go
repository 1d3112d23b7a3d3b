package authority

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// Lives of certificates.
const (
	// Life is that of a process's certificate. It is renewed when two thirds are over, so a site that is cut off for
	// ten days has a good one still.
	Life = 30 * 24 * time.Hour
	// RootLife is that of a generation's own certificate.
	RootLife = 10 * 365 * 24 * time.Hour
	// clockSlack is how far behind a peer's clock may be.
	clockSlack = time.Hour
)

// GenerationsMax bounds a State: past it nothing more is added. Those that are over make room (Kept), so it bounds how often an authority
// is rotated within two lives of a certificate, and not how often it is in all.
const GenerationsMax = 16

// A Generation is one root with its key. It is never changed.
type Generation struct {
	Since time.Time // when it was made known, whole seconds
	Cert  *x509.Certificate
	Key   crypto.Signer
}

// Fingerprint names the generation's certificate.
func (g *Generation) Fingerprint() identity.Fingerprint { return identity.FingerprintOf(g.Cert.Raw) }

// A State is the authority as it is: its generations, oldest first. The zero State has none and signs nothing.
type State struct {
	Company     string
	Generations []Generation
}

// New makes the authority of a company that has none.
func New(company string, random io.Reader, now time.Time) (State, error) {
	if err := identity.CheckCompany(company); err != nil {
		return State{}, err
	}
	return State{Company: company}.Rotate(random, now)
}

// Rotate gives s with a generation more, which signs once it is known everywhere.
func (s State) Rotate(random io.Reader, now time.Time) (State, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return State{}, fmt.Errorf("make the authority's key: %w", err)
	}
	serial, err := drawSerial(random)
	if err != nil {
		return State{}, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Holdfast " + s.Company, Organization: []string{s.Company}},
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(RootLife), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(random, t, t, key.Public(), key)
	if err != nil {
		return State{}, fmt.Errorf("sign the authority's certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return State{}, fmt.Errorf("read the authority's certificate: %w", err)
	}
	return s.Take(cert, key, now)
}

// Take gives s with somebody's own authority as its next generation: cert may be a root or be signed by one, and is what
// is believed.
func (s State) Take(cert *x509.Certificate, key crypto.Signer, now time.Time) (State, error) {
	switch {
	case !cert.IsCA || !cert.BasicConstraintsValid || cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageCertSign == 0:
		return State{}, errors.New("take authority: its certificate may not sign others")
	case now.Before(cert.NotBefore) || now.Add(3*Life).After(cert.NotAfter):
		return State{}, fmt.Errorf("take authority: its certificate has to hold from now on, for %d days at least", 3*Life/(24*time.Hour))
	}
	if !ofKey(cert, key) {
		return State{}, errors.New("take authority: the key is not the certificate's")
	}
	if s = s.Kept(now); len(s.Generations) >= GenerationsMax {
		return State{}, &ledger.FormError{Field: "authority", Why: fmt.Sprintf("has %d generations, as many as it keeps, and certificates of each may be about. The oldest is over at %s: rotate again then",
			GenerationsMax, s.overAt(0).Add(clockSlack).UTC().Format(time.RFC3339))}
	}
	g := Generation{Since: now.UTC().Truncate(time.Second), Cert: cert, Key: key}
	if n := len(s.Generations); n > 0 && !g.Since.After(s.Generations[n-1].Since) {
		g.Since = s.Generations[n-1].Since.Add(time.Second) // it comes after those that stand here, whatever the clock says
	}
	return s.Join(State{Company: s.Company, Generations: []Generation{g}})
}

func ofKey(cert *x509.Certificate, key crypto.Signer) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(cert.PublicKey)
}

// Join gives the generations of both. The order in which states are joined does not matter.
func (s State) Join(other State) (State, error) {
	if s.Company != other.Company {
		return State{}, fmt.Errorf("join authorities: one is of company %s, the other of %s", s.Company, other.Company)
	}
	out := State{Company: s.Company, Generations: slices.Clone(s.Generations)}
	for _, g := range other.Generations {
		if !slices.ContainsFunc(out.Generations, func(have Generation) bool { return have.Cert.Equal(g.Cert) }) {
			out.Generations = append(out.Generations, g)
		}
	}
	if len(out.Generations) > GenerationsMax {
		return State{}, &ledger.FormError{Field: "authority", Why: fmt.Sprintf("has %d generations; it keeps %d", len(out.Generations), GenerationsMax)}
	}
	slices.SortFunc(out.Generations, func(a, b Generation) int {
		if c := a.Since.Compare(b.Since); c != 0 {
			return c
		}
		return bytes.Compare(a.Cert.Raw, b.Cert.Raw)
	})
	return out, nil
}

// Kept gives s without the generations that are over for every process, whose clock may be an hour behind: no certificate hangs on
// them, and nobody who knew of them believes them. They are the oldest. Each server drops them by itself, before it joins what others
// have, so whoever still has one brings it to nobody.
func (s State) Kept(now time.Time) State {
	n := 0
	for n < len(s.Generations)-1 && s.Stage(n, now.Add(-clockSlack)) == StageOver {
		n++
	}
	return State{Company: s.Company, Generations: slices.Clone(s.Generations[n:])}
}

// overAt is when generation i is not believed any more, as far as is known; zero of the last.
func (s State) overAt(i int) time.Time {
	if i+1 >= len(s.Generations) {
		return time.Time{}
	}
	return s.SignsAt(i + 1).Add(Life)
}

// Same says whether both have the same generations.
func (s State) Same(other State) bool {
	return s.Company == other.Company && slices.EqualFunc(s.Generations, other.Generations, func(a, b Generation) bool { return a.Cert.Equal(b.Cert) })
}

// Has says whether one of the generations has that certificate.
func (s State) Has(root identity.Fingerprint) bool {
	return slices.ContainsFunc(s.Generations, func(g Generation) bool { return g.Fingerprint() == root })
}

// SignsAt is when generation i begins to sign.
func (s State) SignsAt(i int) time.Time {
	if i == 0 {
		return s.Generations[0].Since
	}
	return s.Generations[i].Since.Add(Life)
}

// Signing is the generation that signs now; nil of the zero State.
func (s State) Signing(now time.Time) *Generation {
	for i := len(s.Generations) - 1; i >= 0; i-- {
		if i == 0 || !now.Before(s.SignsAt(i)) {
			return &s.Generations[i]
		}
	}
	return nil
}

// Stage says what a generation is for now.
type Stage string

// The stages, in order.
const (
	StageKnown   Stage = "known"   // believed; signs nothing yet
	StageSigning Stage = "signing" // signs and is believed
	StageLeaving Stage = "leaving" // believed until what it has signed has ended
	StageOver    Stage = "over"    // not believed any more
)

// Stage is that of generation i.
func (s State) Stage(i int, now time.Time) Stage {
	signing := s.Signing(now)
	switch {
	case signing == &s.Generations[i]:
		return StageSigning
	case i > 0 && now.Before(s.SignsAt(i)):
		return StageKnown
	}
	for next := i + 1; next < len(s.Generations); next++ {
		if end := s.SignsAt(next); !now.Before(end) {
			if now.Before(end.Add(Life)) {
				return StageLeaving
			}
			return StageOver
		}
	}
	return StageOver
}

// Trust is whom the company's processes believe now.
func (s State) Trust(now time.Time) identity.Trust {
	t := identity.Trust{Company: s.Company}
	for i := range s.Generations {
		if s.Stage(i, now) != StageOver {
			t.Roots = append(t.Roots, s.Generations[i].Cert)
		}
	}
	return t
}

// Issue makes a certificate: of the name that is given, for the key and the hosts that the request has. What the request
// says of a name is not looked at. The certificate comes with what it was signed by.
func (s State) Issue(n identity.Name, request *x509.CertificateRequest, random io.Reader, now time.Time) (chain [][]byte, err error) {
	g := s.Signing(now)
	if g == nil {
		return nil, errors.New("issue certificate: there is no authority")
	}
	if err := errors.Join(n.Check(), request.CheckSignature()); err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	if n.Company != s.Company {
		return nil, fmt.Errorf("issue certificate: %s is of another company", n)
	}
	if err := checkHosts(request); err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	uri, err := url.Parse(n.String())
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	serial, err := drawSerial(random)
	if err != nil {
		return nil, err
	}
	end := now.Add(Life)
	if g.Cert.NotAfter.Before(end) {
		end = g.Cert.NotAfter
	}
	der, err := x509.CreateCertificate(random, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: n.Role.String() + " " + n.Who, Organization: []string{n.Company}},
		NotBefore: now.Add(-clockSlack), NotAfter: end, KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		URIs:        []*url.URL{uri}, DNSNames: request.DNSNames, IPAddresses: request.IPAddresses,
	}, g.Cert, request.PublicKey, g.Key)
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	return [][]byte{der, g.Cert.Raw}, nil
}

func drawSerial(random io.Reader) (*big.Int, error) {
	var raw [16]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return nil, fmt.Errorf("draw serial number: %w", err)
	}
	raw[0] &= 0x7f
	raw[15] |= 1 // never zero
	return new(big.Int).SetBytes(raw[:]), nil
}

// Request asks for a certificate of a key that serves at hosts: names or addresses.
func Request(key crypto.Signer, hosts []string, random io.Reader) (*x509.CertificateRequest, error) {
	t := &x509.CertificateRequest{}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else if h != "" {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificateRequest(random, t, key)
	if err != nil {
		return nil, fmt.Errorf("ask for a certificate: %w", err)
	}
	return ParseRequest(der)
}

// ParseRequest reads a request and makes sure that whoever sends it has the key.
func ParseRequest(der []byte) (*x509.CertificateRequest, error) {
	r, err := x509.ParseCertificateRequest(der)
	if err == nil {
		err = r.CheckSignature()
	}
	if err != nil {
		return nil, &ledger.FormError{Field: "request", Why: "is no signed request for a certificate"}
	}
	if key, ok := r.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		return nil, &ledger.FormError{Field: "request", Why: "has a key that is not of the curve P-256"}
	}
	if len(r.DNSNames)+len(r.IPAddresses) > HostsMax {
		return nil, &ledger.FormError{Field: "request", Why: fmt.Sprintf("has more than %d hosts", HostsMax)}
	}
	return r, nil
}
