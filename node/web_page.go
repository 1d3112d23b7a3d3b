package node

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"

	"github.com/holdfast-stock/holdfast/sync/contract"
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

// cookieName holds the site's name: cookies know no ports, and two nodes may share a host.
func (n *Node) cookieName() string { return "holdfast_" + string(n.cfg.Site) }

func (s *web) signedIn(r *http.Request) bool {
	c, err := r.Cookie(s.cookieName())
	return err == nil && s.sessions.known(c.Value)
}

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

// signInPage asks for the token. It needs no other file, for all of those are behind the
// sign-in; its style is let through by a nonce.
func (s *web) signInPage(w http.ResponseWriter, wrong bool) error {
	nonce, err := s.sessions.draw()
	if err != nil {
		return err
	}
	style, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		return fmt.Errorf("read style: %w", err)
	}
	policy := "default-src 'none'; style-src 'nonce-" + nonce + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return s.show(w, http.StatusUnauthorized, "sign-in.html", policy, map[string]any{
		"Name": contract.SiteName(s.cfg.Site), "Nonce": nonce, "Wrong": wrong, "Style": template.CSS(style)})
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
	_, _ = w.Write(body) // a client that has gone needs no answer
	return nil
}

// signIn takes the owner's token once and gives a session for it: an EventSource cannot send
// a header. The session only reads.
func (s *web) signIn(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, signInMax)
	if err := r.ParseForm(); err != nil {
		return contract.New(contract.CodeBodyTooLarge, "The sign-in form cannot be read.")
	}
	if !s.token.is(r.PostForm.Get("token")) {
		return s.signInPage(w, true)
	}
	id, err := s.sessions.open()
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: id, Path: "/", HttpOnly: true, Secure: r.TLS != nil,
		SameSite: http.SameSiteStrictMode, MaxAge: int(sessionLife.Seconds())})
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (s *web) signOut(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie(s.cookieName()); err == nil {
		s.sessions.end(c.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1})
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
