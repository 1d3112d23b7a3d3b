package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Papers are what a process proves itself by, and whom it believes. They are never changed.
type Papers struct {
	Name  Name
	Chain tls.Certificate // key, own certificate, then what it was signed by
	Trust Trust
}

// Ends is when the certificate ends.
func (p *Papers) Ends() time.Time { return p.Chain.Leaf.NotAfter }

// RenewAt is when a new certificate is to be asked for: two thirds of its life are over then.
func (p *Papers) RenewAt() time.Time {
	life := p.Chain.Leaf.NotAfter.Sub(p.Chain.Leaf.NotBefore)
	return p.Chain.Leaf.NotBefore.Add(life * 2 / 3)
}

// A Keeper keeps the papers that are in force. Connections that are made after Put go by the new ones. Its methods may be
// called from any goroutine.
type Keeper struct {
	now    func() time.Time
	papers atomic.Pointer[Papers]
}

// NewKeeper keeps p. now gives the moment by which certificates end.
func NewKeeper(p *Papers, now func() time.Time) *Keeper {
	k := &Keeper{now: now}
	k.Put(p)
	return k
}

// Put takes p in place of what was kept.
func (k *Keeper) Put(p *Papers) {
	if p == nil || p.Chain.Leaf == nil {
		panic("identity: papers without a certificate")
	}
	k.papers.Store(p)
}

// Papers are those in force. They must not be changed.
func (k *Keeper) Papers() *Papers { return k.papers.Load() }

// only11 keeps connections to HTTP/1.1: the bounds of waits and the pools of both ends are made for it.
func only11() []string { return []string{"http/1.1"} }

func (k *Keeper) base() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, Time: k.now, NextProtos: only11(), SessionTicketsDisabled: true}
}

// Server is for a port that sites, servers, people and tills come to: whoever shows a certificate has to have a good one,
// and who shows none has no name. Of a good one each of checks may say why its name is let in no more.
func (k *Keeper) Server(checks ...func(Name) error) *tls.Config {
	return k.listening(tls.RequestClientCert, func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return nil
		}
		n, err := k.Papers().Trust.Peer(state.PeerCertificates, x509.ExtKeyUsageClientAuth, k.now())
		for i := 0; err == nil && i < len(checks); i++ {
			err = checks[i](n)
		}
		return err
	})
}

// Peers is for a port that only those come to whom accept lets in.
func (k *Keeper) Peers(accept func(Name) bool) *tls.Config {
	return k.listening(tls.RequireAnyClientCert, k.checks(x509.ExtKeyUsageClientAuth, accept))
}

func (k *Keeper) listening(ask tls.ClientAuthType, check func(tls.ConnectionState) error) *tls.Config {
	c := k.base()
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		p, c := k.Papers(), k.base()
		c.Certificates, c.ClientAuth, c.ClientCAs, c.VerifyConnection = []tls.Certificate{p.Chain}, ask, p.Trust.pool(), check
		return c, nil
	}
	return c
}

// Client is for calls to those whom accept lets in. They are known by their names, not by where they are: a line
// may lead through anything.
func (k *Keeper) Client(accept func(Name) bool) *tls.Config {
	c := k.base()
	c.InsecureSkipVerify = true // #nosec G402 -- host names are not what peers are known by: VerifyConnection checks chain, name and role
	c.VerifyConnection = k.checks(x509.ExtKeyUsageServerAuth, accept)
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &k.Papers().Chain, nil }
	return c
}

func (k *Keeper) checks(usage x509.ExtKeyUsage, accept func(Name) bool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		n, err := k.Papers().Trust.Peer(state.PeerCertificates, usage, k.now())
		if err != nil {
			return err
		}
		if !accept(n) {
			return &NotAllowedError{n}
		}
		return nil
	}
}

// IsHQ lets servers of head office in.
func IsHQ(n Name) bool { return n.Role == RoleHQ }

// Pinned is for the first call of a process, which has nothing but a token: whoever answers has to be a server of head
// office under the root that the token names. found is told of that root and of the company before anything is sent.
func Pinned(root Fingerprint, now func() time.Time, found func(Trust)) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Time: now, NextProtos: only11(),
		InsecureSkipVerify: true, // #nosec G402 -- VerifyConnection checks the chain up to the root that the token names
		VerifyConnection: func(state tls.ConnectionState) error {
			for _, c := range state.PeerCertificates {
				if FingerprintOf(c.Raw) != root {
					continue
				}
				n, err := nameOf(state.PeerCertificates[0])
				if err != nil {
					return err
				}
				t := Trust{Company: n.Company, Roots: []*x509.Certificate{c}}
				if n, err = t.Peer(state.PeerCertificates, x509.ExtKeyUsageServerAuth, now()); errors.Is(err, ErrForeign) {
					return ErrRotated
				} else if err != nil {
					return err
				}
				if n.Role != RoleHQ {
					return &NotAllowedError{n}
				}
				found(t)
				return nil
			}
			return fmt.Errorf("%w: it does not show the root that the token names", ErrForeign)
		},
	}
}
