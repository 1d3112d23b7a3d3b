package hq

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// Whoever signs in by the company's identity provider alone has no password of ours to approve somebody's act by. They set a PIN for it
// themselves, for it has to be theirs: of more digits than one for a till, for the nodes of their sites have its hash, and within freshPin of
// the provider's word, so that a browser that somebody has left open gives nobody another's approvals.

// freshPin is how long after the provider's word its bearer may set a PIN.
const freshPin = 5 * time.Minute

// passAtPage is the pass of the person who has signed in at the page, as long as it stands; false where none does.
func (s *Server) passAtPage(r *http.Request) (pass, *ledger.User, bool) {
	k, err := r.Cookie(cookieName)
	if err != nil {
		return pass{}, nil, false
	}
	if _, err := s.standing(k.Value); err != nil {
		_, _ = s.heardOf(r, err) // whatever it says, this server may have come level with the leader: it is looked at once more
		if _, err := s.standing(k.Value); err != nil {
			return pass{}, nil, false
		}
	}
	p, _ := s.read(k.Value)
	u, known := s.door.User(p.user)
	return p, u, known
}

// passPage shows what a person's calls go with, and to whoever approves by a PIN where they set it.
func (s *Server) passPage(w http.ResponseWriter, status int, p pass, u *ledger.User, wrong, done string) error {
	with := map[string]string{"User": string(u.ID), "Device": string(p.device), "Pass": s.write(p), "Until": contract.Moment(p.until), "Wrong": wrong, "Done": done}
	if p.byProvider() && u.Password == "" {
		with["Provider"] = hostOf(s.cfg.OpenID.Issuer)
		if s.now().Before(p.proved.Add(freshPin)) {
			with["Fresh"] = contract.Moment(p.proved.Add(freshPin))
		}
	}
	return s.showFilled(w, status, "pass.html", with)
}

// postOwnPIN sets the PIN by which a person of the provider's approves acts here. It ends their sign-ins, but for this one.
func (s *Server) postOwnPIN(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, signInMax)
	if err := r.ParseForm(); err != nil {
		return contract.New(contract.CodeBadValue, "The form cannot be read.")
	}
	p, u, ok := s.passAtPage(r)
	if !ok {
		return s.showPage(w, http.StatusForbidden, "sign_in.html", "Nobody is signed in at this page any more. Sign in again.")
	}
	pin := r.PostForm.Get("pin")
	switch {
	case !p.byProvider() || u.Password != "":
		return s.passPage(w, http.StatusForbidden, p, u, "You have a password of head office’s own, and approve by that. A PIN for tills is set by an administrator.", "")
	case !s.now().Before(p.proved.Add(freshPin)):
		return s.passPage(w, http.StatusForbidden, p, u, fmt.Sprintf("It is more than %d minutes since the identity provider said who you are. Sign in by it once more, and set your PIN then.", int(freshPin.Minutes())), "")
	case pin != r.PostForm.Get("again"):
		return s.passPage(w, http.StatusBadRequest, p, u, "The two are not the same. Nothing was changed.", "")
	case len(pin) < door.ApprovalPINMin:
		return s.passPage(w, http.StatusBadRequest, p, u, fmt.Sprintf("A PIN that approves at head office has %d to %d digits. Nothing was changed.", door.ApprovalPINMin, door.PINMax), "")
	}
	next, err := s.setOwnPIN(r, p, u, pin)
	if form, is := errors.AsType[*ledger.FormError](err); is {
		return s.passPage(w, http.StatusBadRequest, p, u, "A PIN "+form.Why+". Nothing was changed.", "")
	}
	if err != nil {
		return err
	}
	p.seal = next.Seal()
	c := s.session(r) // #nosec G124 -- as the one that session makes
	c.Value = s.write(p)
	http.SetCookie(w, c)
	return s.passPage(w, http.StatusOK, p, next, "", "Your PIN is set: you approve by it what others do at head office, and it signs you in at tills of your sites.")
}

// setOwnPIN makes the change as the person's own act.
func (s *Server) setOwnPIN(r *http.Request, p pass, u *ledger.User, pin string) (*ledger.User, error) {
	const reason = "set it themselves, to approve by"
	next, _, err := s.door.Change(r.Context(), u.ID, u, &contract.UserRequest{PIN: pin, Reason: reason})
	if err != nil || u.Same(&next) {
		return &next, err
	}
	if !s.knows(machine.UserCommands) {
		return nil, errMixed
	}
	hand := machine.Hand{By: string(u.ID), Device: string(p.device)}
	ctx := actingFor(r.Context(), hand, r.Method, r.URL.EscapedPath())
	res, err := s.Propose(ctx, machine.Marshal(&machine.PutUser{User: next, By: string(u.ID), Reason: reason, At: s.now(), Seen: u.Seal()}))
	if err := errors.Join(err, res.Err); err != nil {
		if errors.Is(err, machine.ErrUserChanged) {
			return nil, ledger.ErrBusy
		}
		return nil, err
	}
	if fresh, ok := s.user(u.ID); ok { // as it stands now: when it was said is part of it
		return fresh, nil
	}
	return &next, nil
}
