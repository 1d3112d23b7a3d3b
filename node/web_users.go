package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// userRoutes are the calls about who may call. Where there is a head office users are set there, and this site knows
// those that it was told of, with the line and without.
func (s *web) userRoutes() []route {
	return []route{
		{"GET", "/v1/users", s.users, docUsers},
		{"GET", "/v1/users/{user}", s.user, docUser},
		{"GET", "/v1/devices", s.devices, docDevices},
		{"PUT", "/v1/users/{user}", s.putUser, docPutUser},
		{"POST", "/v1/sign-in", s.signInByPIN, docSignInByPIN},
		{"POST", "/v1/sign-out", s.signOutHere, docSignOutHere},
		{"GET", "/v1/me", s.me, docMe},
	}
}

func (s *web) users(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	out := contract.UserList{Users: []contract.User{}}
	for i := range s.book.People().Users {
		u := &s.book.People().Users[i]
		if string(u.ID) <= page.After {
			continue
		}
		if len(out.Users) == page.Limit {
			out.NextCursor = contract.Cursor(string(out.Users[page.Limit-1].User))
			break
		}
		out.Users = append(out.Users, contract.RenderUser(u))
	}
	return writeJSON(w, http.StatusOK, out)
}

func userOf(r *http.Request) (ledger.UserID, error) {
	name, err := pathName(r, "user")
	if err != nil {
		return "", err
	}
	return ledger.ParseUser(name)
}

func (s *web) user(w http.ResponseWriter, r *http.Request) error {
	id, err := userOf(r)
	if err != nil {
		return err
	}
	u, ok := s.book.People().User(id)
	if !ok {
		return contract.NotFound(fmt.Sprintf("There is no user %s.", id))
	}
	return writeJSON(w, http.StatusOK, contract.RenderUser(u))
}

// putUser keeps a user where there is no head office to keep them. Done again it changes nothing.
func (s *web) putUser(w http.ResponseWriter, r *http.Request) error {
	if !s.cfg.Standalone {
		return ownedByHQ("Users, programs and devices are set at head office.", "Set it there (holdfast user, holdfast device); this site has it with its next contact.")
	}
	id, err := userOf(r)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.UserRequest
	if err := signedBody(r.Context(), body, &req); err != nil {
		return err
	}
	if err := errors.Join(contract.CheckText("reason", req.Reason, ledger.UserTextMax), contract.CheckText("by", req.By, ledger.UserTextMax)); err != nil {
		return err
	}
	s.itemsMu.Lock()
	defer s.itemsMu.Unlock()
	people := s.book.People()
	old, _ := people.User(id)
	u, token, err := s.door.Change(r.Context(), id, old, &req)
	if err != nil {
		return err
	}
	if old == nil || !old.Same(&u) {
		by := s.changing(r, said(&req, u.ChangeFrom(old)))
		if err := s.book.ChangePeople(by, people.With(u)); err != nil {
			return err
		}
	}
	out := contract.RenderUser(&u)
	out.Token = token
	return writeJSON(w, http.StatusOK, out)
}

// said is what a change of a user changes, with the reason that was given and the name that was put to it.
func said(r *contract.UserRequest, what string) string {
	if r.Reason != "" {
		what += ": " + r.Reason
	}
	if r.By != "" {
		what = "signed by " + r.By + "; " + what
	}
	return what
}

// signInByPIN signs a person in at the device that asks. Whoever was signed in there is signed out. Where there is no
// head office a password does as well, from anywhere.
func (s *web) signInByPIN(w http.ResponseWriter, r *http.Request) error {
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.SignInRequest
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	device, noDevice := s.deviceOf(r)
	by, secret := door.ByPIN, req.PIN
	switch {
	case (req.PIN == "") == (req.Password == ""):
		return &ledger.FormError{Field: "pin", Why: "or password is missing, or both are given: give one of them"}
	case req.Password != "":
		by, secret = door.ByPassword, req.Password
	case device == nil:
		return noDevice
	}
	in, err := s.signPersonIn(r, device, by, req.User, secret)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, in)
}

// signPersonIn looks at a name and a secret, and begins a session.
func (s *web) signPersonIn(r *http.Request, device *door.Caller, by func(*ledger.User) string, name, secret string) (in contract.SignedIn, err error) {
	u, err := s.door.SignIn(r.Context(), door.From(device, r.RemoteAddr), by, name, secret)
	if err != nil {
		return in, err
	}
	in = contract.SignedIn{User: u.ID, Name: u.Name, Roles: u.Roles.Names(), ExpiresAt: contract.Moment(s.env.Clock.Wall().Add(door.SignInLife).Truncate(time.Second))}
	if device != nil {
		in.Device = device.Device
	}
	in.UsersAgeMS = s.peopleStatus().AgeMS
	in.Token, err = s.sessions.open(u.ID, in.Device, u.Seal())
	return in, err
}

// deviceOf is the device that a request comes from: by its own token, or by that of whoever is signed in at it; nil where
// it is none, with what to say: of a device whose token has ended, that.
func (s *web) deviceOf(r *http.Request) (*door.Caller, error) {
	c, no := s.identify(r)
	if no == nil && c != nil && c.Device != "" {
		return c, nil
	}
	if k, err := r.Cookie(s.cookieName() + deviceCookie); err == nil {
		if c, no = s.door.Bearer(k.Value); no == nil && c.Device != "" {
			return c, nil
		}
	}
	if ended, ok := errors.AsType[*door.EndedError](no); ok && ended.Kind == ledger.UserDevice {
		return nil, ended
	}
	return nil, door.ErrNoDevice
}

// signOutHere ends the sign-in that the request shows.
func (s *web) signOutHere(w http.ResponseWriter, r *http.Request) error {
	if id, ok := bearer(r); ok {
		s.sessions.end(id)
	} else if c, err := r.Cookie(s.cookieName()); err == nil {
		s.sessions.end(c.Value)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// me says as whom the caller was let in.
func (s *web) me(w http.ResponseWriter, r *http.Request) error {
	return writeJSON(w, http.StatusOK, door.CallerOf(r.Context()).Render())
}

// peopleStatus says who may come in here, and how old that is: as old as the last word of head office.
func (n *Node) peopleStatus() contract.PeopleStatus {
	p := n.book.People()
	out := contract.PeopleStatus{Users: len(p.Users), Version: p.Version}
	for i := range p.Users {
		if p.Users[i].Disabled != "" {
			out.Disabled++
		}
	}
	if link := n.linkStatus(); link != nil {
		if out.AgeMS = link.ContactAgo; out.AgeMS < 0 {
			out.AgeMS = n.heardBefore()
		}
	}
	return out
}

// heardBefore is how long ago head office said who may come in to a process of this node before this one; -1 where nobody knows, which is
// so too where the clock stands before that moment.
func (n *Node) heardBefore() int64 {
	kept, now := n.door.Heard(), n.env.Clock.Wall()
	if kept.IsZero() || now.Before(kept) {
		return -1
	}
	return now.Sub(kept).Milliseconds()
}

// keepSeen writes down what was seen at the door, and when head office was heard last, until ctx ends, and then once more.
func (n *Node) keepSeen(ctx context.Context) error {
	for {
		fired, stop := n.env.Clock.After(door.KeepEach)
		select {
		case <-ctx.Done():
		case <-fired:
		}
		stop()
		heard := time.Time{}
		if link := n.linkStatus(); link != nil && link.ContactAgo >= 0 {
			heard = n.env.Clock.Wall().Add(-time.Duration(link.ContactAgo) * time.Millisecond)
		}
		if err := n.door.Keep(heard); err != nil {
			n.log.LogAttrs(context.WithoutCancel(ctx), slog.LevelWarn, "what was seen at the door is not kept", slog.Any(keyErr, err))
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// usersAge is that in seconds, for monitoring.
func (n *Node) usersAge() float64 {
	ms := n.peopleStatus().AgeMS
	if ms < 0 {
		return math.Inf(1)
	}
	return float64(ms) / 1000
}

func docUsers() contract.Route {
	return contract.Route{Summary: "List the users that this site knows: people, programs, devices", Query: pageParams(), Answers: ok("Users by id, without secrets", contract.UserList{}), Codes: listCodes()}
}

func docUser() contract.Route {
	return contract.Route{Summary: "One user", Answers: ok("The user, without secrets", contract.User{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docPutUser() contract.Route {
	return contract.Route{Summary: "Set a user, where there is no head office", Request: contract.UserRequest{},
		Answers: ok("The user. A token that was drawn is shown this once. Whatever changes of a user ends their sign-ins.", contract.User{}), Codes: append(writeCodes(), contract.CodeOwnedByHQ)}
}

func docSignInByPIN() contract.Route {
	return contract.Route{Summary: "Sign a person in, by PIN at an enrolled device", Open: true, Request: contract.SignInRequest{},
		Answers: ok("Signed in; whoever was signed in at the device is signed out. The token goes with each call.", contract.SignedIn{}),
		Codes:   append(writeCodes(), contract.CodeSignInWrong, contract.CodeGuessesMany, contract.CodeDeviceNeeded)}
}

func docSignOutHere() contract.Route {
	return contract.Route{Summary: "Sign out", Open: true, Answers: []contract.Answer{{Status: http.StatusNoContent, About: "Signed out"}}}
}

func docMe() contract.Route {
	return contract.Route{Summary: "Who the caller is, and what they may do", Answers: ok("As whom the call was let in", contract.Me{})}
}
