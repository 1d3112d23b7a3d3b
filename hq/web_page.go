package hq

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"time"

	"github.com/holdfast-stock/holdfast/hq/openid"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

//go:embed page
var pageFiles embed.FS

// pagePolicy lets the page use its own style, script and events, and nothing else.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// signInMax bounds the sign-in form, in bytes.
const signInMax = 4 << 10

func pageHeaders(h http.Header, kind string) {
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", pagePolicy)
}

func (s *Server) getPage(w http.ResponseWriter, r *http.Request) error {
	if c, err := s.pageOf(r); err == nil && c.May(door.Look) {
		return s.showPage(w, http.StatusOK, "board.html", "")
	}
	if s.provenOnce(r) {
		http.Redirect(w, r, openid.PathBegin, http.StatusSeeOther)
		return nil
	}
	return s.showPage(w, http.StatusOK, "sign_in.html", "")
}

func (s *Server) showPage(w http.ResponseWriter, status int, name, wrong string) error {
	return s.showFilled(w, status, name, map[string]string{"Server": s.cfg.Name, "Wrong": wrong, "Provider": hostOf(s.cfg.OpenID.Issuer)})
}

func (s *Server) showFilled(w http.ResponseWriter, status int, name string, with map[string]string) error {
	t, err := template.ParseFS(pageFiles, "page/"+name)
	if err != nil {
		return err
	}
	pageHeaders(w.Header(), "text/html; charset=utf-8")
	w.WriteHeader(status)
	return t.Execute(w, with)
}

func (s *Server) getAsset(w http.ResponseWriter, r *http.Request) error {
	name, err := variable(r, "name")
	if err != nil {
		return err
	}
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	kind, known := kinds[path.Ext(name)]
	b, err := pageFiles.ReadFile("page/" + path.Base(name))
	if !known || err != nil {
		return contract.NotFound("")
	}
	pageHeaders(w.Header(), kind)
	_, _ = w.Write(b) // #nosec G705 -- embedded, or by html/template; a client that has gone needs no answer
	return nil
}

// postSignIn takes the owner's token, a device's, or a person's name and password, from the form. The owner and a person get
// a session for it, which only reads; a browser that has shown a device's token is one of that device from then on, and
// who signs in at it is named with it. A form of another site's page is refused; tokens are 256 bits, and guesses of a
// password cost what they do everywhere.
func (s *Server) postSignIn(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, signInMax)
	if err := r.ParseForm(); err != nil {
		return contract.New(contract.CodeBadValue, "The form cannot be read: go back to the page, load it again, and sign in there.")
	}
	if name := r.PostForm.Get("user"); name != "" {
		return s.signInAtPage(w, r, name, r.PostForm.Get("password"))
	}
	token := r.PostForm.Get("token")
	if !same(token, s.token) {
		s.hears(r)
	}
	c, err := s.door.Bearer(token)
	if err == nil && c.Device != "" {
		http.SetCookie(w, s.deviceCookie(r, token))
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	if over, ok := errors.AsType[*door.EndedError](err); ok { // told to whoever shows what was good
		if p, ok := door.Problem(over); ok {
			return s.showPage(w, http.StatusForbidden, "sign_in.html", p.Detail+" "+p.Hint)
		}
	}
	if !same(token, s.token) {
		return s.showPage(w, http.StatusForbidden, "sign_in.html", "That is not the token.")
	}
	http.SetCookie(w, s.session(r))
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// unheardAtPage is what somebody reads who signs in at a server that cannot know them yet.
const unheardAtPage = "This server has just started, and has not heard from the others yet who may sign in. Try again in a moment, or at another server."

func (s *Server) signInAtPage(w http.ResponseWriter, r *http.Request, name, password string) error {
	if !s.knowsPeople() {
		return s.signInRefused(w, http.StatusServiceUnavailable, unheardAtPage)
	}
	s.hears(r)
	device := s.deviceAtPage(r)
	u, err := s.door.SignIn(r.Context(), door.From(&door.Caller{Device: device}, s.comesFrom(r)), door.ByPassword, name, password)
	wait, waits := errors.AsType[*door.WaitError](err)
	switch {
	case errors.Is(err, door.ErrWrong):
		return s.showPage(w, http.StatusForbidden, "sign_in.html", "Nobody has that name and password.")
	case waits:
		return s.showPage(w, http.StatusTooManyRequests, "sign_in.html", fmt.Sprintf("There were too many wrong ones: none is looked at for %d s.", int(wait.For.Seconds())))
	case err != nil:
		return err
	}
	c := s.session(r) // #nosec G124 -- as the one that session makes
	c.Value = s.write(s.passFor(u, device))
	http.SetCookie(w, c)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// cookieDevice holds the token of the device that a browser is of. It signs nobody in.
const (
	cookieDevice = cookieName + "_device"
	deviceLife   = 400 * 24 * time.Hour // browsers keep none longer
)

func (s *Server) deviceCookie(r *http.Request, token string) *http.Cookie {
	c := s.session(r) // #nosec G124 -- as the one that session makes
	c.Name, c.Value, c.MaxAge = cookieDevice, token, int(deviceLife.Seconds())
	return c
}

// deviceAtPage is the device that a browser is of; "" where it is of none, or of one that is turned away.
func (s *Server) deviceAtPage(r *http.Request) ledger.UserID {
	k, err := r.Cookie(cookieDevice)
	if err != nil {
		return ""
	}
	c, err := s.door.Bearer(k.Value)
	if err != nil {
		return ""
	}
	return c.Device
}

// postPass gives a person who has signed in at the page, by whichever way, what they show with each call: the page itself
// only reads, for a cookie comes along unasked. It ends when the sign-in does, so that nobody makes one last longer by it, and with any
// change of the person. A page of another site cannot ask for it, nor read the answer.
func (s *Server) postPass(w http.ResponseWriter, r *http.Request) error {
	if s.signedIn(r) {
		return s.showPage(w, http.StatusForbidden, "sign_in.html", "The owner’s token is what the owner’s calls go with: it stands in owner.token. A person signs in by name.")
	}
	p, u, ok := s.passAtPage(r)
	if !ok {
		return s.showPage(w, http.StatusForbidden, "sign_in.html", "Nobody is signed in at this page any more. Sign in again.")
	}
	return s.passPage(w, http.StatusOK, p, u, "", "")
}

func (s *Server) postSignOut(w http.ResponseWriter, r *http.Request) error {
	s.leaves(w, r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
