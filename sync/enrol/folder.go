package enrol

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// The files of a folder.
const (
	IdentityFile = "identity.pem" // the key, then its certificate and what that was signed by; mode 0600
	RootsFile    = "ca.pem"       // whom to believe; for tills and browsers, too
	ServersFile  = "servers"      // base URLs of head office, one a line
	joiningFile  = "joining.pem"  // the key that a certificate is being asked for; mode 0600
	fileMax      = authority.MarshalMax
)

const (
	pemKey      = "PRIVATE KEY"
	headerToken = "Join-Token" // number of the token that the key was certified by; no secret
)

// A Folder keeps a process's key and certificate.
type Folder struct {
	Env ledger.Env
	Dir string // there
}

// joining gives the key that is to be certified by a token: the same one however often it is asked for, also where it has been certified.
func (f Folder) joining(t identity.Token) (crypto.Signer, error) {
	papers, used, err := f.Papers()
	switch {
	case err != nil:
		return nil, err
	case papers != nil && used == t.ID.String():
		return KeyOf(papers)
	}
	raw, err := f.Read(joiningFile)
	if err != nil {
		return nil, err
	}
	if b, _ := pem.Decode(raw); b != nil && b.Headers[headerToken] == t.ID.String() {
		return authority.ParseKey(b.Bytes)
	}
	key, err := NewKey(f.Env)
	if err != nil {
		return nil, err
	}
	block, err := keyBlock(key, t.ID.String())
	if err != nil {
		return nil, err
	}
	return key, f.Write(joiningFile, block)
}

// NewKey makes a key.
func NewKey(env ledger.Env) (crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), env.Random("identity"))
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}

// KeyOf is the key of papers.
func KeyOf(p *identity.Papers) (crypto.Signer, error) {
	key, ok := p.Chain.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, errors.New("read key: it cannot sign")
	}
	return key, nil
}

func keyBlock(key crypto.Signer, token string) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemKey, Headers: map[string]string{headerToken: token}, Bytes: der}), nil
}

// Take keeps a certificate for key, and gives both as papers. Roots go first: a certificate is never there without the
// root that it was signed under.
func (f Folder) Take(a Answer, key crypto.Signer, token string) (*identity.Papers, error) {
	block, err := keyBlock(key, token)
	if err != nil {
		return nil, err
	}
	block = append(block, a.Certificate...)
	p, err := parsePapers(block, []byte(a.Roots))
	if err != nil {
		return nil, err
	}
	if err := f.Write(RootsFile, []byte(a.Roots)); err != nil {
		return nil, err
	}
	if len(a.Servers) > 0 {
		if err := f.Write(ServersFile, []byte(strings.Join(a.Servers, "\n")+"\n")); err != nil {
			return nil, err
		}
	}
	return p, f.Write(IdentityFile, block)
}

// Papers are those of the folder, and the number of the token that they were got by; nil where it has none. That they
// have ended is for their user to see.
func (f Folder) Papers() (p *identity.Papers, token string, err error) {
	raw, err1 := f.Read(IdentityFile)
	roots, err2 := f.Read(RootsFile)
	if err := errors.Join(err1, err2); err != nil || raw == nil {
		return nil, "", err
	}
	if p, err = parsePapers(raw, roots); err != nil {
		return nil, "", fmt.Errorf("read %s: %w", filepath.Join(f.Dir, IdentityFile), err)
	}
	b, _ := pem.Decode(raw)
	return p, b.Headers[headerToken], nil
}

func parsePapers(raw, roots []byte) (*identity.Papers, error) {
	b, rest := pem.Decode(raw)
	if b == nil || b.Type != pemKey {
		return nil, &ledger.FormError{Field: "identity", Why: "does not begin with a key: put the file back as it was, or join with a new token"}
	}
	key, err := authority.ParseKey(b.Bytes)
	if err != nil {
		return nil, err
	}
	chain, err1 := authority.ParseCerts(rest)
	trust, err2 := authority.ParseCerts(roots)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if public, ok := chain[0].PublicKey.(*ecdsa.PublicKey); !ok || !public.Equal(key.Public()) {
		return nil, &ledger.FormError{Field: "identity", Why: "has a certificate of another key: put the file back as it was, or join with a new token"}
	}
	return Papers(chain, key, trust)
}

// Papers puts papers together. Whoever is shown the certificate sees all roots: one that pinned any of them finds it.
func Papers(chain []*x509.Certificate, key crypto.Signer, roots []*x509.Certificate) (*identity.Papers, error) {
	p := &identity.Papers{Chain: tls.Certificate{PrivateKey: key, Leaf: chain[0]}, Trust: identity.Trust{Roots: roots}}
	if len(chain[0].URIs) != 1 {
		return nil, fmt.Errorf("read certificate: %w", identity.ErrNameless)
	}
	var err error
	if p.Name, err = identity.ParseName(chain[0].URIs[0].String()); err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	p.Trust.Company = p.Name.Company
	for _, c := range chain {
		p.Chain.Certificate = append(p.Chain.Certificate, c.Raw)
	}
	return p, nil
}

// Servers is where head office was said to be last; none where nobody said.
func (f Folder) Servers() ([]string, error) {
	raw, err := f.Read(ServersFile)
	return strings.Fields(string(raw)), err
}

// Join makes the folder's papers by a token, and waits for head office as long as ctx lets it; the answer is empty
// where the token has made them before. Servers are tried in place of those that the token names, where any are given. waits is told why nobody answers. What is there stays until there is better.
func (f Folder) Join(ctx context.Context, t identity.Token, servers, hosts []string, waits func(error)) (Answer, error) {
	papers, used, err := f.Papers()
	if err != nil || papers != nil && used == t.ID.String() {
		return Answer{}, err
	}
	return f.JoinAgain(ctx, t, servers, hosts, waits)
}

// JoinAgain is Join, and asks also where the token has made the papers before: with their key, which is what a used token is still answered to. It is
// for whoever has to keep more of the answer than the papers, and has not come to it.
func (f Folder) JoinAgain(ctx context.Context, t identity.Token, servers, hosts []string, waits func(error)) (Answer, error) {
	if len(servers) == 0 {
		servers = t.Servers
	}
	key, err := f.joining(t)
	if err != nil {
		return Answer{}, err
	}
	csr, err := authority.Request(key, hosts, f.Env.Random("identity"))
	if err != nil {
		return Answer{}, err
	}
	for wait := joinFirst; ; wait = min(2*wait, joinMax) {
		a, err := Ask(ctx, f.Env, t, servers, csr.Raw)
		switch _, refused := errors.AsType[*RefusedError](err); {
		case err == nil:
			_, err := f.Take(a, key, t.ID.String())
			return a, errors.Join(err, f.remove(joiningFile))
		case errors.Is(err, identity.ErrRotated):
			return Answer{}, fmt.Errorf("join by %s: %w", t, &RefusedError{Detail: "This join token is not taken: who answers shows the root that it names, but its own certificate is under another. " +
				"Either the authority was rotated since, or somebody stands in between.",
				Hint: "Have head office give another: holdfast hq token add NAME. If that one ends so, too, compare its root with what holdfast hq ca show prints at head office."})
		case refused, foreign(err), ctx.Err() != nil, !f.Env.Clock.Wall().Before(t.Ends):
			return Answer{}, fmt.Errorf("join by %s: %w", t, err)
		}
		waits(err)
		fired, stop := f.Env.Clock.After(wait)
		select {
		case <-fired:
		case <-ctx.Done():
		}
		stop()
	}
}

// foreign says whether whoever answered is not who the token names: waiting makes nobody else of it.
func foreign(err error) bool {
	return errors.Is(err, identity.ErrForeign) || errors.Is(err, identity.ErrNameless) || errors.Is(err, identity.ErrEnded)
}

const (
	joinFirst = 500 * time.Millisecond
	joinMax   = 10 * time.Second
)

func (f Folder) remove(name string) error {
	if err := f.Env.Disk.Remove(filepath.Join(f.Dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}

// Read gives a file of the folder; nil where there is none.
func (f Folder) Read(name string) (raw []byte, err error) {
	file, err := f.Env.Disk.OpenFile(filepath.Join(f.Dir, name), os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if raw, err = io.ReadAll(io.LimitReader(file, fileMax+1)); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(raw) > fileMax {
		return nil, fmt.Errorf("read %s: it is over %d bytes", name, fileMax)
	}
	return raw, nil
}

// Write writes a file of the folder, whole or not at all, for its owner's eyes.
func (f Folder) Write(name string, raw []byte) error {
	path := filepath.Join(f.Dir, name)
	beside := path + ".new"
	file, err := f.Env.Disk.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = file.Write(raw)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = f.Env.Disk.Rename(beside, path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	d, err := f.Env.Disk.OpenFile(f.Dir, os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("sync folder of %s: %w", name, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
