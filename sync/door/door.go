package door

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What the door says no with.
var (
	ErrNoIdentity = errors.New("no identity")      // nobody is shown, or nobody who is known here
	ErrWrong      = errors.New("wrong sign-in")    // of a name and a secret; not which of them
	ErrApproval   = errors.New("wrong approval")   // of a second person's
	ErrYourOwn    = errors.New("approved by self") // nobody approves what they do themselves
)

// A ForbiddenError says that the caller has no permission.
type ForbiddenError struct {
	Caller *Caller
	Needs  Permission
}

// An EndedError says that somebody showed their own token, and is let in no more: only they are told why. It is an ErrNoIdentity.
type EndedError struct {
	User ledger.UserID
	Kind ledger.UserKind
	At   time.Time // when the token ended; zero: the user is turned away
}

func (e *EndedError) Error() string { return "token of " + string(e.User) + " lets nobody in any more" }
func (e *EndedError) Unwrap() error { return ErrNoIdentity }

func (e *ForbiddenError) Error() string { return e.Caller.Name() + " may not " + e.Needs.String() }

// A Door lets people, programs and devices into one book: a site's, or head office's.
type Door struct {
	site    ledger.SiteID
	users   func(ledger.UserID) (*ledger.User, bool)
	clock   ledger.Clock
	random  *drawn
	secrets *Secrets
	backoff *Backoff

	sightings sightings
	disk      ledger.Disk
	seenPath  string // of the file that keeps them

	approvesByPIN bool
	peopled       func() bool
}

// Parts are what a door is made of. Users finds a user as this book knows it; what it gives is not changed.
type Parts struct {
	Site   ledger.SiteID
	Users  func(ledger.UserID) (*ledger.User, bool)
	Clock  ledger.Clock
	Random io.Reader
	Disk   ledger.Disk

	// ApprovesByPIN has head office take the PIN of somebody who has no password as their approval, where it has ApprovalPINMin digits: they
	// sign in by the company's identity provider.
	ApprovesByPIN bool

	// Peopled says whether any user is known here at all; nil: some are (Names).
	Peopled func() bool

	Dir string // keeps the guesses, and what was seen
}

// ByPIN and ByPassword say what somebody signs in by: the secret as it is kept.
func ByPIN(u *ledger.User) string      { return u.PIN }
func ByPassword(u *ledger.User) string { return u.Password }

// Open makes a door.
func Open(p Parts) (*Door, error) {
	backoff, err := OpenBackoff(p.Clock, p.Disk, p.Dir)
	if err != nil {
		return nil, err
	}
	d := &Door{site: p.Site, users: p.Users, clock: p.Clock, random: &drawn{from: p.Random}, backoff: backoff, approvesByPIN: p.ApprovesByPIN, peopled: p.Peopled}
	if d.peopled == nil {
		d.peopled = func() bool { return true }
	}
	d.secrets = NewSecrets(p.Clock, d.random)
	return d, d.openSeen(p.Disk, p.Dir)
}

// drawn is a random source for many goroutines.
type drawn struct {
	mu   sync.Mutex // guards from
	from io.Reader
}

func (d *drawn) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.from.Read(p)
}

// NewToken draws a token for a user, and what is kept of it.
func (d *Door) NewToken(id ledger.UserID) (token string, kept [32]byte, err error) {
	return NewToken(d.random, id)
}

// Secrets works out hashes within the door's bounds.
func (d *Door) Secrets() *Secrets { return d.secrets }

// User finds a user who may come in here now.
func (d *Door) User(id ledger.UserID) (*ledger.User, bool) {
	u, ok := d.users(id)
	if !ok || u.Disabled != "" || !u.At(d.site) || !u.Expires.IsZero() && !d.clock.Wall().Before(u.Expires) {
		return nil, false
	}
	return u, true
}

// Bearer lets in whoever shows the token of a program or a device.
func (d *Door) Bearer(token string) (*Caller, error) {
	u, ok := d.User(TokenOf(token))
	if !ok {
		return nil, d.ended(token)
	}
	if !Shows(u, token) {
		return nil, ErrNoIdentity
	}
	if u.Kind == ledger.UserDevice {
		d.sightings.note(u.ID, "", d.clock.Wall())
	}
	return CallerFor(u, ""), nil
}

// ended says why the token of a user who is not let in is good no more: to whoever shows it, and to nobody else.
func (d *Door) ended(token string) error {
	u, ok := d.users(TokenOf(token))
	switch {
	case !ok || !u.At(d.site) || !Shows(u, token):
		return ErrNoIdentity
	case u.Disabled != "":
		return &EndedError{User: u.ID, Kind: u.Kind}
	default:
		return &EndedError{User: u.ID, Kind: u.Kind, At: u.Expires}
	}
}

// Standing lets in a person who has signed in: as long as nothing of the person has been changed since, nor of the
// device, and neither was turned away.
func (d *Door) Standing(user, device ledger.UserID, seal uint64) (*Caller, error) {
	u, ok := d.User(user)
	if !ok || u.Seal() != seal {
		return nil, ErrNoIdentity
	}
	if device != "" {
		if v, ok := d.User(device); !ok || v.Kind != ledger.UserDevice {
			return nil, ErrNoIdentity
		}
		d.sightings.note(device, user, d.clock.Wall())
	}
	return CallerFor(u, device), nil
}

// SignIn looks at a name and a secret. from is where they were typed: a device, or an address (From). Names that nobody
// has cost as much as those that somebody has, and the answer is the same.
func (d *Door) SignIn(ctx context.Context, from string, by func(*ledger.User) string, name, secret string) (*ledger.User, error) {
	if len(secret) > PasswordMax {
		secret = secret[:PasswordMax+1] // longer than any that is kept
	}
	id, err := ledger.ParseUser(name)
	if err != nil {
		id = "?" // nobody's: what cannot be a name is counted as one
	}
	g, err := d.backoff.begin(from, id)
	if err != nil {
		return nil, err
	}
	kept := ""
	u, ok := d.User(id)
	if ok && u.Kind == ledger.UserPerson {
		kept = by(u)
	}
	is, err := d.secrets.Is(ctx, kept, secret)
	if err != nil {
		g.unseen()
		return nil, err
	}
	if !is {
		return nil, errors.Join(ErrWrong, g.wrong())
	}
	g.right()
	return u, nil
}

// Approve has a second person approve one act that needs p: text is NAME:PIN, as the header has it, at head office
// NAME:PASSWORD. What is approved is what a person does.
func (d *Door) Approve(ctx context.Context, c *Caller, from, text string, p Permission) (*Caller, error) {
	name, secret, _ := strings.Cut(text, ":")
	if c == nil {
		return nil, nil // the owner needs nobody's
	}
	by := ByPIN
	switch {
	case c.is == ledger.UserDevice:
		return nil, &ForbiddenError{Caller: c, Needs: p} // nobody is signed in
	case d.site == ledger.HQ:
		if by = d.approvesHere(secret); c.is != ledger.UserPerson {
			return nil, &ForbiddenError{Caller: c, Needs: p} // a program would have to know somebody's password
		}
	case c.Device == "":
		return nil, ErrNoDevice // a PIN is taken nowhere else
	}
	if name == string(c.User) {
		return nil, ErrYourOwn
	}
	u, err := d.SignIn(ctx, from, by, name, secret)
	if errors.Is(err, ErrWrong) {
		return nil, errors.Join(ErrApproval, d.unable(name, secret), err)
	}
	if err != nil {
		return nil, err
	}
	out := c.ApprovedBy(u)
	if u.Roles&p.Roles() == 0 {
		return nil, &ForbiddenError{Caller: CallerFor(u, ""), Needs: p}
	}
	return out, nil
}

// approvesHere is what a secret is held against that somebody approves by at head office: a password of ours; of whoever has none, and
// signs in by the provider, a PIN that is long enough.
func (d *Door) approvesHere(secret string) func(*ledger.User) string {
	return func(u *ledger.User) string {
		if u.Password == "" && d.approvesByPIN && len(secret) >= ApprovalPINMin {
			return u.PIN
		}
		return u.Password
	}
}

// A NoApprovalError says that somebody has nothing yet to approve by at head office.
type NoApprovalError struct {
	User  ledger.UserID
	ByPIN bool // they can set a PIN for it themselves
}

func (e *NoApprovalError) Error() string { return string(e.User) + " has nothing to approve by" }

// unable says why somebody's approval cannot be right, whatever is typed; nil where it can. It is told to persons who have signed in alone.
func (d *Door) unable(name, secret string) error {
	if d.site != ledger.HQ {
		return nil
	}
	u, ok := d.User(ledger.UserID(name))
	if !ok || u.Kind != ledger.UserPerson || u.Password != "" || u.PIN != "" && d.approvesByPIN && len(secret) >= ApprovalPINMin {
		return nil
	}
	return &NoApprovalError{User: u.ID, ByPIN: d.approvesByPIN}
}

// From is where a request comes from, for what its guesses cost: the device, or else the address, of IPv6 the network.
func From(c *Caller, remote string) string {
	if c != nil && c.Device != "" {
		return "device " + string(c.Device)
	}
	return Address(remote)
}

// Address is what stands for a connection's far end: its address, of IPv6 the network of 64 bits, which one machine has.
func Address(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "elsewhere"
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// SignInLife is how long somebody stays signed in.
const SignInLife = 12 * time.Hour
