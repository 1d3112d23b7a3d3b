package hq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// userRoutes are the calls about who may call, here and at sites.
func (s *Server) userRoutes() []route {
	return []route{
		{doc(get, "/v1/users", "List users: people, programs and devices"), forOwner, readable, false, s.getUsers},
		{doc(get, "/v1/users/{user}", "One user"), forOwner, readable, false, s.getUser},
		{doc(put, "/v1/users/{user}", "Set a user"), forOwner, atLeader, false, s.putUser},
		{doc(get, "/v1/devices", "List tills and handhelds"), forOwner, readable, false, s.getDevices},
		{doc(post, "/v1/sign-in", "Sign a person in, by password"), forAll, here, false, s.postSignInByPassword},
		{doc(post, "/sign-in/pass", "What a person who has signed in at the page shows with their calls"), forAll, here, false, s.postPass},
		{doc(post, "/sign-in/pin", "Set the PIN by which whoever signs in by the company's provider approves"), forAll, atLeader, false, s.postOwnPIN},
		{doc(get, "/v1/me", "Who the caller is, and what they may do"), forOwner, here, false, s.getMe},
	}
}

func userDetails() map[string]contract.Route {
	lead := []contract.Code{contract.CodeNoLeader, contract.CodeNotReady}
	one := append([]contract.Code{contract.CodeNotFound, contract.CodeBadValue, contract.CodeUnknownField}, lead...)
	return map[string]contract.Route{
		"GET /v1/users":        {Query: paged(), Answers: ok("Users by id, without secrets.", contract.UserList{}), Codes: one},
		"GET /v1/users/{user}": {Query: reads(), Answers: ok("The user, without secrets.", contract.User{}), Codes: one},
		"GET /v1/devices":      {Query: paged(), Answers: ok("Devices by id, with when each was at the server that answers last; a site's node says when it was there. Turning one away (PUT /v1/users/{user} with disabled) ends its token and every sign-in at it: here at once, at sites with their next pull.", contract.DeviceList{}), Codes: one},
		"PUT /v1/users/{user}": {Request: contract.UserRequest{}, Answers: ok("The user; sites have it with their next pull. A token that was drawn is shown this once. Whatever changes of a user ends their sign-ins.", contract.User{}), Codes: append([]contract.Code{contract.CodeUnknownSite}, one...)},
		"POST /v1/sign-in": {Open: true, Request: contract.SignInRequest{}, Answers: ok("Signed in. The token goes with each call, to any server. With the token of an enrolled device in Authorization what the person does names the device.", contract.SignedIn{}),
			Codes: []contract.Code{contract.CodeSignInWrong, contract.CodeGuessesMany, contract.CodeBusy, contract.CodeNotReady}},
		"POST /sign-in/pin": {Open: true, Answers: media("The PIN is set; the form has pin and again. 400 or 403, with why, where it is not: no person has signed in at the page by the company's provider within 5 minutes, they have a password of head office's own, or it is no PIN of 8 to 12 digits.", "text/html"), Codes: []contract.Code{contract.CodeNoLeader, contract.CodeNotReady}},
		"GET /v1/me":        {Answers: ok("As whom the call was let in.", contract.Me{})},
	}
}

// openDoor makes the door of this server. It knows users as this server has heard of them.
func (s *Server) openDoor() (err error) {
	s.door, err = door.Open(door.Parts{Site: ledger.HQ, Users: s.user, Peopled: s.peopled, ApprovesByPIN: s.cfg.OpenID.On(), Clock: s.env.Clock, Random: s.env.Random("door"), Disk: s.env.Disk, Dir: s.cfg.Dir})
	return err
}

// peopled says whether any user is known.
func (s *Server) peopled() bool {
	return looked(s, func(m *machine.Machine) bool { return len(m.Users("", 1)) > 0 })
}

// runSeen writes down which devices were seen at this server's door, until ctx ends, and then once more.
func (s *Server) runSeen(ctx context.Context) error {
	for again := true; again; {
		again = s.pause(ctx, door.KeepEach)
		if err := s.door.Keep(time.Time{}); err != nil {
			s.log.LogAttrs(context.WithoutCancel(ctx), slog.LevelWarn, "what was seen at the door is not kept", slog.Any(keyErr, err))
		}
	}
	return nil
}

func (s *Server) user(id ledger.UserID) (u *ledger.User, ok bool) {
	s.View(func(m *machine.Machine) {
		if v, known := m.User(id); known {
			u, ok = &v.User, true
		}
	})
	return u, ok
}

func renderUser(u *machine.User) contract.User {
	out := contract.RenderUser(&u.User)
	out.LearntFrom = u.LearntFrom()
	return out
}

// rendered is a user as this server knows it.
func (s *Server) rendered(id ledger.UserID) (out contract.User, ok bool) {
	s.View(func(m *machine.Machine) {
		if u, known := m.User(id); known {
			out, ok = renderUser(u), true
		}
	})
	return out, ok
}

func userOf(r *http.Request) (ledger.UserID, error) {
	name, err := variable(r, "user")
	if err != nil {
		return "", err
	}
	return ledger.ParseUser(name)
}

func (s *Server) getUsers(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	out := contract.UserList{Users: []contract.User{}}
	s.View(func(m *machine.Machine) {
		for _, u := range m.Users(ledger.UserID(page.After), page.Limit+1) {
			out.Users = append(out.Users, renderUser(u))
		}
	})
	if len(out.Users) > page.Limit {
		out.Users = out.Users[:page.Limit]
		out.NextCursor = contract.Cursor(string(out.Users[page.Limit-1].User))
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) getDevices(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	out := contract.DeviceList{Devices: []contract.Device{}}
	s.View(func(m *machine.Machine) {
		for _, u := range m.Users(ledger.UserID(page.After), ledger.UsersMax) {
			seen, _ := s.door.Seen(u.ID)
			if !out.Add(&u.User, seen.At, seen.User, page.Limit) {
				break
			}
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) getUser(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	id, err := userOf(r)
	if err != nil {
		return err
	}
	out, ok := s.rendered(id)
	if !ok {
		return contract.NotFound(fmt.Sprintf("There is no user %s.", id))
	}
	return writeJSON(w, http.StatusOK, out)
}

// putUser sets a user. Done again it changes nothing and makes no history.
func (s *Server) putUser(w http.ResponseWriter, r *http.Request) error {
	id, err := userOf(r)
	if err != nil {
		return err
	}
	var in contract.UserRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := errors.Join(contract.CheckText("reason", in.Reason, signedMax), contract.CheckText("by", in.By, signedMax)); err != nil {
		return err
	}
	for range 4 { // whoever else changes the user in the same moment was first
		if err = s.changeUser(w, r, id, &in); !errors.Is(err, machine.ErrUserChanged) {
			return err
		}
	}
	return ledger.ErrBusy
}

// changeUser changes a user as it is now, and answers.
func (s *Server) changeUser(w http.ResponseWriter, r *http.Request, id ledger.UserID, in *contract.UserRequest) error {
	old, _ := s.user(id)
	u, token, err := s.door.Change(r.Context(), id, old, in)
	if err != nil {
		return err
	}
	var unknown error
	s.View(func(m *machine.Machine) {
		for _, site := range u.Sites {
			if _, ok := m.Site(site); !ok && site != ledger.HQ && unknown == nil {
				unknown = unknownSite(m, "sites", string(site))
			}
		}
	})
	if unknown != nil {
		return unknown
	}
	if old == nil || !old.Same(&u) {
		if !s.knows(machine.UserCommands) {
			return errMixed
		}
		put := &machine.PutUser{User: u, By: signer(r.Context(), in.By), Reason: in.Reason, At: s.now()}
		if old != nil {
			put.Seen = old.Seal()
		}
		res, err := s.Propose(r.Context(), machine.Marshal(put))
		if err := errors.Join(err, res.Err); err != nil {
			return err
		}
	}
	out, known := s.rendered(id) // as it stands now: of a user who was learnt less is kept than was asked for
	if !known {
		out = contract.RenderUser(&u)
	}
	out.Token = token
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) postSignInByPassword(w http.ResponseWriter, r *http.Request) error {
	var in contract.SignInRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.PIN != "" || in.Password == "" {
		return &ledger.FormError{Field: "password", Why: "is missing: head office takes a password; a PIN is for tills"}
	}
	if !s.knowsPeople() {
		return errUnheard
	}
	s.hears(r)
	at, device := s.deviceOf(r), ledger.UserID("")
	if at != nil {
		device = at.Device
	}
	u, err := s.door.SignIn(r.Context(), door.From(at, s.comesFrom(r)), door.ByPassword, in.User, in.Password)
	if err != nil {
		return err
	}
	p := s.passFor(u, device)
	return writeJSON(w, http.StatusOK, contract.SignedIn{User: u.ID, Name: u.Name, Roles: u.Roles.Names(), Device: device, Token: s.write(p), ExpiresAt: contract.Moment(p.until)})
}

// deviceOf is the device that a sign-in comes from, by the token that it shows; nil where it shows none.
func (s *Server) deviceOf(r *http.Request) *door.Caller {
	if c, err := s.identify(r); err == nil && c != nil && c.Device != "" {
		return c
	}
	return nil
}

func (s *Server) getMe(w http.ResponseWriter, r *http.Request) error {
	return writeJSON(w, http.StatusOK, door.CallerOf(r.Context()).Render())
}
