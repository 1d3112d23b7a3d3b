package hq

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"time"

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
	if c, err := s.atPage(r); err == nil && c.May(door.Look) {
		return s.showPage(w, http.StatusOK, "board.html", "")
	}
	return s.showPage(w, http.StatusOK, "sign_in.html", "")
}

func (s *Server) showPage(w http.ResponseWriter, status int, name, wrong string) error {
	t, err := template.ParseFS(pageFiles, "page/"+name)
	if err != nil {
		return err
	}
	pageHeaders(w.Header(), "text/html; charset=utf-8")
	w.WriteHeader(status)
	return t.Execute(w, map[string]string{"Server": s.cfg.Name, "Wrong": wrong, "Provider": hostOf(s.cfg.OpenID.Issuer)})
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

// postSignIn takes the owner's token, or a person's name and password, from the form and gives a session for it, which
// only reads. A form of another site's page is refused; the token is 256 bits, and guesses of a password cost what they do
// everywhere.
func (s *Server) postSignIn(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, signInMax)
	if err := r.ParseForm(); err != nil {
		return contract.New(contract.CodeBadValue, "The form cannot be read.")
	}
	if name := r.PostForm.Get("user"); name != "" {
		return s.signInAtPage(w, r, name, r.PostForm.Get("password"))
	}
	if !same(r.PostForm.Get("token"), s.token) {
		return s.showPage(w, http.StatusForbidden, "sign_in.html", "That is not the token.")
	}
	http.SetCookie(w, s.session(r))
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (s *Server) signInAtPage(w http.ResponseWriter, r *http.Request, name, password string) error {
	u, err := s.door.SignIn(r.Context(), door.From(nil, s.comesFrom(r)), door.ByPassword, name, password)
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
	c.Value = s.pass(u, "", s.now().Add(door.SignInLife).Truncate(time.Second))
	http.SetCookie(w, c)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (s *Server) postSignOut(w http.ResponseWriter, r *http.Request) error {
	c := s.session(r) // #nosec G124 -- as the one that session makes
	c.Value, c.MaxAge = "", -1
	http.SetCookie(w, c)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
