package node

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

//go:embed page
var pageFiles embed.FS

// pageTemplates are parsed from what is embedded: they cannot fail but in a broken build.
func pageTemplates() *template.Template {
	return template.Must(template.ParseFS(pageFiles, "page/*.html"))
}

// pagePolicy lets the page load its own files and nothing else: no inline script, no frame.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// signInMax bounds the sign-in form, in bytes.
const signInMax = 4 << 10

// deviceCookie ends the name of the cookie that a browser of an enrolled device has.
const deviceCookie = "_device"

// cookieName holds the site's name: cookies know no ports, and two nodes may share a host.
func (n *Node) cookieName() string { return "holdfast_" + string(n.cfg.Site) }

// page is what people see: the line, the stock, the latest orders.
func (s *web) page(w http.ResponseWriter, _ *http.Request) error {
	return s.show(w, http.StatusOK, "page.html", pagePolicy, map[string]string{
		"Site": string(s.cfg.Site), "Name": contract.SiteName(s.cfg.Site)})
}

func (s *web) show(w http.ResponseWriter, status int, name, policy string, data any) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := s.templates.ExecuteTemplate(w, name, data); err != nil {
		return fmt.Errorf("show %s: %w", name, err)
	}
	return nil
}

// wrongSecret says which form of the sign-in page was filled in with what lets nobody in.
type wrongSecret uint8

const (
	nothingWrong wrongSecret = 0
	wrongToken   wrongSecret = 1
	wrongPIN     wrongSecret = 2
)

// signInPage asks for the owner's or a device's token; at an enrolled device for a name and a PIN. It needs no other file, for all of those are behind the
// sign-in; its style is let through by a nonce.
func (s *web) signInPage(w http.ResponseWriter, r *http.Request, was wrongSecret) error {
	return s.signInSaying(w, r, was, nil)
}

// signInSaying is signInPage for whoever showed a token that was good: it says why it is no more. Nobody else is told that there was one.
func (s *web) signInSaying(w http.ResponseWriter, r *http.Request, was wrongSecret, over *door.EndedError) error {
	why := ""
	if over != nil {
		if p, ok := door.Problem(over); ok {
			why = p.Detail + " " + p.Hint
		}
	}
	nonce, err := s.sessions.draw()
	if err != nil {
		return err
	}
	style, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		return fmt.Errorf("read style: %w", err)
	}
	policy := "default-src 'none'; style-src 'nonce-" + nonce + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	device := ""
	if at, _ := s.deviceOf(r); at != nil {
		device = string(at.Device)
	}
	return s.show(w, http.StatusUnauthorized, "sign-in.html", policy, map[string]any{"Device": device,
		"Name": contract.SiteName(s.cfg.Site), "Nonce": nonce, "Wrong": was == wrongToken, "Why": why, "WrongPIN": was == wrongPIN, "Style": template.CSS(style)}) // #nosec G203 -- our own style sheet, embedded
}

// asset gives a file of the page.
func (s *web) asset(w http.ResponseWriter, r *http.Request) error {
	name, err := pathName(r, "file")
	if err != nil {
		return err
	}
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	kind, ok := kinds[path.Ext(name)]
	body, err := fs.ReadFile(pageFiles, "page/"+name)
	if err != nil || !ok {
		return errNoRoute
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // #nosec G705 -- embedded, or by html/template; a client that has gone needs no answer
	return nil
}

// signIn takes the owner's token, a person's name and PIN, or a device's token, once. A session is given for the first two: an
// EventSource cannot send a header. The owner's only reads. A device is known by its browser from then on.
func (s *web) signIn(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, signInMax)
	if err := r.ParseForm(); err != nil {
		return contract.New(contract.CodeBodyTooLarge, "The sign-in form cannot be read.")
	}
	token := strings.TrimSpace(r.PostForm.Get("token"))
	if door.TokenOf(token) != "" {
		return s.enrol(w, r, token)
	}
	if name := r.PostForm.Get("user"); name != "" {
		return s.signInAtPage(w, r, name, r.PostForm.Get("pin"))
	}
	if !s.token.is(token) {
		return s.signInPage(w, r, wrongToken)
	}
	id, err := s.sessions.open("", "", 0)
	if err != nil {
		return err
	}
	s.setCookie(w, r, s.cookieName(), id, door.SignInLife)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// signInAtPage signs a person in at the page of an enrolled device.
func (s *web) signInAtPage(w http.ResponseWriter, r *http.Request, name, pin string) error {
	device, no := s.deviceOf(r)
	if device == nil {
		return no
	}
	in, err := s.signPersonIn(r, device, door.ByPIN, name, pin)
	if errors.Is(err, door.ErrWrong) {
		return s.signInPage(w, r, wrongPIN)
	}
	if err != nil {
		return err
	}
	s.setCookie(w, r, s.cookieName(), in.Token, door.SignInLife)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// enrolledLife is how long a browser remembers which device it is.
const enrolledLife = 400 * 24 * time.Hour

// enrol makes a browser one of a device, by the device's token.
func (s *web) enrol(w http.ResponseWriter, r *http.Request, token string) error {
	c, err := s.door.Bearer(token)
	if over, ok := errors.AsType[*door.EndedError](err); ok {
		return s.signInSaying(w, r, wrongToken, over)
	}
	if err != nil || c.Device == "" {
		return s.signInPage(w, r, wrongToken)
	}
	s.setCookie(w, r, s.cookieName()+deviceCookie, token, enrolledLife)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// setCookie sets one that no script reads, that goes with requests of this site's own pages only, and over TLS only where there is
// any: a page on loopback has none.
func (s *web) setCookie(w http.ResponseWriter, r *http.Request, name, value string, life time.Duration) {
	// #nosec G124 -- as is said above
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: door.Secured(r),
		SameSite: http.SameSiteStrictMode, MaxAge: int(life.Seconds())})
}

func (s *web) signOut(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie(s.cookieName()); err == nil {
		s.sessions.end(c.Value)
	}
	s.setCookie(w, r, s.cookieName(), "", -time.Second)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
