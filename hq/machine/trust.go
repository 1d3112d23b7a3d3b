package machine

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Trust gives a join token, uses it up or revokes it. A token is used once in the life of the company, at whichever
// server, for its use is a command of the log like any other.
type Trust struct {
	Do     TrustDo
	For    ledger.SiteID // whose token it is; ledger.HQ: a server's
	Token  JoinToken     // TrustGive: ID, Hash, Root and Ends. TrustUse: ID, Hash and Key. TrustRevoke: ID
	Fence  bool          // TrustGive: certificates that were issued before are refused from now on: the site's node is replaced
	By     string
	Reason string
	At     time.Time
}

// A TrustDo is what a Trust does. They are on disk: only ever appended to.
type TrustDo uint8

// What is done.
const (
	TrustGive   TrustDo = 1
	TrustUse    TrustDo = 2
	TrustRevoke TrustDo = 3
)

// TrustCommands is what Build.Commands has to be of every server before a Trust is given.
const TrustCommands = int(kindTrust)

func (*Trust) kind() kind { return kindTrust }

// A Trusted is what is known of who may speak for a site, or for head office.
type Trusted struct {
	For    ledger.SiteID
	Fence  ledger.Epoch // certificates of an epoch below are refused
	Tokens []JoinToken  // the latest last, at most TokensMax
}

// TokensMax bounds the tokens that are remembered of one site, or of head office's servers.
const TokensMax = 16

// A JoinToken is a token as head office knows it: not its secret.
type JoinToken struct {
	ID    [8]byte
	Hash  [32]byte     // of the secret
	Root  [32]byte     // fingerprint of the root that it names
	Epoch ledger.Epoch // of the certificate that it is good for
	Given Signed
	Ends  time.Time
	Used  time.Time // zero: it was not
	Key   [32]byte  // SHA-256 of the public key that it was used for
	Over  Signed    // who revoked it, or gave another in its place
}

// State is what a token is good for at now.
func (t *JoinToken) State(now time.Time) TokenState {
	switch {
	case !t.Used.IsZero():
		return TokenUsed
	case t.Over.Done():
		return TokenRevoked
	case !now.Before(t.Ends):
		return TokenExpired
	default:
		return TokenOpen
	}
}

// A TokenState is a word for lists and refusals.
type TokenState string

// The states of a token. Only an open one can be used.
const (
	TokenOpen    TokenState = "open"
	TokenUsed    TokenState = "used"
	TokenRevoked TokenState = "revoked"
	TokenExpired TokenState = "expired"
	TokenUnknown TokenState = "unknown" // or its secret is wrong: whoever guesses is told no more
)

// A TokenError says why a join token is not taken.
type TokenError struct{ State TokenState }

func (e *TokenError) Error() string { return "join token is " + string(e.State) }

func (m *Machine) trust(c *Trust) Result {
	return Result{Err: m.atomically(func() error {
		site, known := m.sites.get(c.For)
		if c.For != ledger.HQ && !known {
			return &SiteUnknownError{Site: c.For}
		}
		now := &Trusted{For: c.For}
		if old, ok := m.trusted.get(c.For); ok {
			now.Fence, now.Tokens = old.Fence, slices.Clone(old.Tokens)
		}
		var err error
		switch c.Do {
		case TrustGive:
			err = now.give(c, site, m.signed(c.By, c.Reason, c.At))
		case TrustUse:
			if known && site.Lost.Done() && now.Fence <= site.Epoch {
				return &TokenError{TokenRevoked} // it was given before the site was given up
			}
			err = now.use(c)
		case TrustRevoke:
			err = now.revoke(c, m.signed(c.By, c.Reason, c.At))
		default:
			return ErrUnknownCommand
		}
		if err != nil {
			return err
		}
		m.trusted.put(c.For, now)
		return nil
	})}
}

// give adds a token. A site has one that is open, so the one before ends: it may be in wrong hands.
func (t *Trusted) give(c *Trust, site *Site, by Signed) error {
	if c.By == "" {
		return &ledger.FormError{Field: "by", Why: "is empty: somebody has to sign"}
	}
	if !c.At.Before(c.Token.Ends) || t.at(c.Token.ID) >= 0 {
		return &ledger.FormError{Field: "token", Why: "has ended, or was given before"}
	}
	v := JoinToken{ID: c.Token.ID, Hash: c.Token.Hash, Root: c.Token.Root, Ends: c.Token.Ends, Given: by}
	if site != nil {
		if c.Fence {
			t.Fence = max(t.Fence, site.Epoch+1)
		}
		v.Epoch = max(t.Fence, site.Epoch)
		for i := range t.Tokens {
			if t.Tokens[i].State(c.At) == TokenOpen {
				t.Tokens[i].Over = v.Given
			}
		}
	}
	if len(t.Tokens) >= TokensMax { // an open one goes last of all
		i := max(slices.IndexFunc(t.Tokens, func(v JoinToken) bool { return v.State(c.At) != TokenOpen }), 0)
		t.Tokens = slices.Delete(t.Tokens, i, i+1)
	}
	t.Tokens = append(t.Tokens, v)
	return nil
}

// use takes a token for one key. The same key again gets the same yes while the token lives: the answer was lost.
func (t *Trusted) use(c *Trust) error {
	i := t.at(c.Token.ID)
	if i < 0 || t.Tokens[i].Hash != c.Token.Hash {
		return &TokenError{TokenUnknown}
	}
	v := &t.Tokens[i]
	switch state := v.State(c.At); {
	case state == TokenUsed && v.Key == c.Token.Key && !v.Over.Done() && c.At.Before(v.Ends):
		return nil
	case state != TokenOpen:
		return &TokenError{state}
	}
	v.Used, v.Key = c.At, c.Token.Key
	return nil
}

// revoke ends a token. One that was used stays so: the certificate is another matter.
func (t *Trusted) revoke(c *Trust, by Signed) error {
	if c.By == "" {
		return &ledger.FormError{Field: "by", Why: "is empty: somebody has to sign"}
	}
	i := t.at(c.Token.ID)
	if i < 0 {
		return &TokenError{TokenUnknown}
	}
	if !t.Tokens[i].Over.Done() {
		t.Tokens[i].Over = by
	}
	return nil
}

func (t *Trusted) at(id [8]byte) int {
	return slices.IndexFunc(t.Tokens, func(v JoinToken) bool { return v.ID == id })
}

// Token gives the token of that number; nil where there is none.
func (t *Trusted) Token(id [8]byte) *JoinToken {
	if i := t.at(id); i >= 0 {
		return &t.Tokens[i]
	}
	return nil
}

// Trusted is what is known of who may speak for a site, or for ledger.HQ. It must not be changed.
func (m *Machine) Trusted(who ledger.SiteID) *Trusted {
	if t, ok := m.trusted.Get(who); ok {
		return t
	}
	return &Trusted{For: who}
}

// EveryTrusted gives all of them, by site.
func (m *Machine) EveryTrusted() (out []*Trusted) {
	for _, t := range m.trusted.Sorted() {
		out = append(out, t)
	}
	return out
}

func (c *coder) trustedRecord(v *Trusted) {
	c.record(3, func() {
		text(c, &v.For)
		count(c, &v.Fence)
		list(c, &v.Tokens, TokensMax, c.joinToken)
	})
}

func (c *coder) joinToken(v *JoinToken) {
	c.fields(9, func() {
		c.fixed(v.ID[:])
		c.fixed(v.Hash[:])
		c.fixed(v.Root[:])
		count(c, &v.Epoch)
		c.signed(&v.Given)
		c.moment(&v.Ends)
		c.moment(&v.Used)
		c.fixed(v.Key[:])
		c.signed(&v.Over)
	})
}

func (c *coder) trust(v *Trust) {
	c.fields(7, func() {
		do := uint64(v.Do)
		if count(c, &do); do > math.MaxUint8 {
			c.refuse("trust %d", do)
		}
		if c.reading() {
			v.Do = TrustDo(do)
		}
		text(c, &v.For)
		c.joinToken(&v.Token)
		c.flag(&v.Fence)
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
	})
}

// String names a token by its number.
func (t *JoinToken) String() string { return fmt.Sprintf("%x", t.ID[:]) }
