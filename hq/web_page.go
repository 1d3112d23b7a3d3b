package hq

import (
	"embed"
	"html/template"
	"net/http"
	"path"

	"github.com/holdfast-stock/holdfast/sync/contract"
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
	if s.signedIn(r) {
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
	return t.Execute(w, map[string]string{"Server": s.cfg.Name, "Wrong": wrong})
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

// postSignIn takes the owner's token from the form and gives a session for it. A form of
// another site's page is refused, as is every guess; the token is 256 bits.
func (s *Server) postSignIn(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, signInMax)
	if err := r.ParseForm(); err != nil {
		return contract.New(contract.CodeBadValue, "The form cannot be read.")
	}
	if !same(r.PostForm.Get("token"), s.token) {
		return s.showPage(w, http.StatusForbidden, "sign_in.html", "That is not the token.")
	}
	http.SetCookie(w, s.session(r))
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
