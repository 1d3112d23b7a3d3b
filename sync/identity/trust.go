package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Why a peer is not believed. Each is the peer's fault or ours; none of them is told to the peer.
var (
	// ErrNoCertificate says that a peer has shown none.
	ErrNoCertificate = errors.New("it shows no certificate")
	// ErrEnded says that a certificate has ended, or has not begun yet.
	ErrEnded = errors.New("its certificate has ended or has not begun; see both clocks")
	// ErrForeign says that a certificate was not signed under a root of ours.
	ErrForeign = errors.New("its certificate is not from this company's authority")
	// ErrRotated says that whoever answers shows the root that a token names, and proves itself by another: another generation of the
	// authority signs since the token was given, or somebody in between has copied the root.
	ErrRotated = fmt.Errorf("%w as the token names it: it shows that root, too, but is itself under another", ErrForeign)
	// ErrNameless says that a certificate carries no name, or more than one.
	ErrNameless = errors.New("its certificate does not carry one name")
	// ErrFenced says that another node has been given the site's place since the certificate was made.
	ErrFenced = errors.New("its certificate is of an epoch that is closed: another node has the site's place")
)

// A NotAllowedError says that a peer is who it says, and not who was wanted.
type NotAllowedError struct{ Name Name }

func (e *NotAllowedError) Error() string {
	return fmt.Sprintf("it is %s, which is not wanted here", e.Name)
}

// A Trust is whom a process believes: its own company, under these roots.
type Trust struct {
	Company string
	Roots   []*x509.Certificate
}

// pool holds the roots.
func (t *Trust) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, r := range t.Roots {
		pool.AddCert(r)
	}
	return pool
}

// Peer gives the name of a peer by the certificates that it shows, its own first.
func (t *Trust) Peer(shown []*x509.Certificate, usage x509.ExtKeyUsage, now time.Time) (Name, error) {
	if len(shown) == 0 {
		return Name{}, ErrNoCertificate
	}
	leaf, between := shown[0], x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: t.pool(), Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage}})
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return Name{}, ErrEnded
	}
	if err != nil {
		return Name{}, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	n, err := nameOf(leaf)
	if err != nil {
		return Name{}, err
	}
	if n.Company != t.Company {
		return Name{}, &NotAllowedError{n}
	}
	return n, nil
}

func nameOf(leaf *x509.Certificate) (Name, error) {
	if leaf.IsCA || len(leaf.URIs) != 1 {
		return Name{}, ErrNameless
	}
	n, err := ParseName(leaf.URIs[0].String())
	if err != nil {
		return Name{}, fmt.Errorf("%w: %w", ErrNameless, err)
	}
	return n, nil
}

// PeerOf is who is at the other end of a connection that a Keeper's configuration has let in, if it has a name that
// holds at now. state is nil where there is no TLS.
func PeerOf(state *tls.ConnectionState, now time.Time) (Name, bool) {
	if state == nil || len(state.PeerCertificates) == 0 {
		return Name{}, false
	}
	leaf := state.PeerCertificates[0]
	if now.After(leaf.NotAfter) {
		return Name{}, false // it ended while the connection was kept
	}
	n, err := nameOf(leaf)
	return n, err == nil
}
