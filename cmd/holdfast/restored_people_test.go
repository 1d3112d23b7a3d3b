//go:build unix

package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/cutproxy"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// asks sends to head office as whoever has a token.
func (o *headOffice) asks(token, method, path, body string) (int, string) {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// Who left, a till that was lost, and a token that was replaced after head office's backup was made stay turned away once it is restored: at a
// site at once, whatever the restored head office says, and at head office from the site's first contact on. It says what it learnt and from
// where; and lets in again whom a person then lets in.
func TestARestoredHeadOfficeLetsNobodyInWhomASiteKnowsToBeTurnedAway(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts some processes")
	}
	t.Parallel()
	s := openBackShop(t, buildHoldfast(t))
	hq := func() []string {
		return []string{"--to", s.o.url, "--token-file", filepath.Join(s.o.dir, "owner.token")}
	}
	pins := map[string]string{"ann": "830217", "beth": "640918"}
	tills := s.staff(pins)
	s.setPassword("ann", "correct horse")
	shop := s.newToken("shop", `{"kind":"program","roles":["office"]}`)
	eventually(t, "leeds to hear of its people", func() bool {
		a, _ := s.signsIn(tills[0], "ann", pins["ann"])
		b, _ := s.signsIn(tills[1], "beth", pins["beth"])
		status, _ := s.as(shop, "GET", "/v1/stock/TAP-22", "", "")
		return a.Token != "" && b.Token != "" && status == 200
	})
	file := filepath.Join(t.TempDir(), "hq.backup")
	s.run(append([]string{"backup", s.o.url, file}, hq()[2:]...)...)

	s.run(append([]string{"user", "disable", "ann", "--reason", "left the company"}, hq()...)...)
	s.run(append([]string{"device", "lost", "till-2", "--reason", "left in a taxi"}, hq()...)...)
	newShop := s.newToken("shop", `{"new_token":true}`)
	s.newToken("carl", `{"roles":["cashier"],"sites":["leeds"],"pin":"551234"}`)
	atLeeds := func(when string) {
		t.Helper()
		if in, _ := s.signsIn(tills[0], "ann", pins["ann"]); in.Token != "" {
			t.Errorf("%s: ann has left, and signs in at leeds", when)
		}
		if in, _ := s.signsIn(tills[1], "beth", pins["beth"]); in.Token != "" {
			t.Errorf("%s: till-2 is lost, and beth signs in at it", when)
		}
		if status, _ := s.as(shop, "GET", "/v1/stock/TAP-22", "", ""); status != 401 {
			t.Errorf("%s: the shop's old token got %d at leeds", when, status)
		}
		if status, _ := s.as(newShop, "GET", "/v1/stock/TAP-22", "", ""); status != 200 {
			t.Errorf("%s: the shop's new token got %d at leeds", when, status)
		}
		if in, no := s.signsIn(tills[0], "carl", "551234"); in.Token == "" {
			t.Errorf("%s: carl, who was made known after the backup, is not let in at leeds: %s", when, no)
		}
	}
	eventually(t, "leeds to hear what was changed", func() bool {
		status, _ := s.as(newShop, "GET", "/v1/stock/TAP-22", "", "")
		in, _ := s.signsIn(tills[0], "carl", "551234")
		return status == 200 && in.Token != ""
	})
	atLeeds("before the restore")

	s.leeds.settled()
	s.hull.end(syscall.SIGTERM) // it has heard, too, and is not to tell first
	s.line.Cut(cutproxy.ModeReset)
	_ = s.o.cmd.Process.Kill()
	_ = s.o.cmd.Wait()
	at, err := url.Parse(s.o.url)
	if err != nil {
		t.Fatal(err)
	}
	restored := filepath.Join(t.TempDir(), "restored")
	words := s.run("restore", file, restored)
	if !strings.Contains(words, "stay turned away") {
		t.Errorf("got %s, want it to say what becomes of who was turned away since", words)
	}
	s.o = startHQIn(t, s.bin, restored, at.Host)
	if status, body := s.o.asks("", "POST", "/v1/sign-in", `{"user":"ann","password":"correct horse"}`); status != 200 {
		t.Errorf("got %d %s: the backup is no older one, or it was heard from leeds already", status, body)
	}
	if status, body := s.o.asks(shop, "GET", "/v1/me", ""); status != 200 {
		t.Errorf("got %d %s of the token that the backup has, want it let in before leeds is heard", status, body)
	}
	atLeeds("cut off from the restored head office")

	s.line.Heal()
	eventually(t, "head office to hear of it from leeds", func() bool {
		return strings.Contains(s.run(append([]string{"exception", "list"}, hq()...)...), "users_learnt")
	})
	if status, body := s.o.asks("", "POST", "/v1/sign-in", `{"user":"ann","password":"correct horse"}`); status != 401 {
		t.Errorf("ann at head office: got %d %s, want her turned away", status, body)
	}
	if status, body := s.o.asks(shop, "GET", "/v1/me", ""); status != 401 {
		t.Errorf("the shop's old token at head office: got %d %s, want it turned away", status, body)
	}
	s.leeds.settled()
	atLeeds("once head office has told its list")
	list := s.run(append([]string{"user", "list"}, hq()...)...)
	var learnt contract.User
	if s.o.ask("GET", "/v1/users/ann", "", &learnt); learnt.LearntFrom != "leeds" {
		t.Errorf("got %+v, want it said that ann is as leeds told", learnt)
	}
	var unasked contract.User
	if s.o.ask("PUT", "/v1/users/shop", `{"name":"The web shop"}`, &unasked); unasked.Token != "" || !unasked.NoToken || unasked.LearntFrom != "" {
		t.Errorf("got %+v of a change of the shop's name, want no token drawn that nobody asked for, and it said", unasked)
	}
	if words := s.run(append([]string{"user", "add", "shop", "--kind", "program", "--name", "The shop"}, hq()...)...); !strings.Contains(words, "it has no token that lets anybody in: holdfast user new-token shop draws one") {
		t.Errorf("got %s, want it said that the shop has no token", words)
	}
	for _, want := range []string{"left the company", "left in a taxi", "carl", "leeds", "no token any more"} {
		if !strings.Contains(list, want) {
			t.Errorf("got the users %s, want %q among them", list, want)
		}
	}
	if history := s.run(append([]string{"history"}, hq()...)...); !strings.Contains(history, "leeds") {
		t.Errorf("got the history %s, want it to say that leeds told", history)
	}
	s.run(append([]string{"user", "enable", "ann"}, hq()...)...)
	eventually(t, "leeds to let ann in again, by a person's word", func() bool {
		in, _ := s.signsIn(tills[0], "ann", pins["ann"])
		return in.Token != ""
	})
	s.leeds.end(syscall.SIGTERM)
	for _, of := range []string{s.dir, s.hull.dir} {
		s.run("audit", of)
	}
}

// newToken sets a user, and gives the token that was drawn; "" where none was.
func (s *backShop) newToken(id, body string) string {
	s.Helper()
	var u contract.User
	if !s.o.ask("PUT", "/v1/users/"+id, body, &u) {
		s.Fatalf("head office does not take %s", id)
	}
	return u.Token
}

// setPassword lets somebody in at head office, too.
func (s *backShop) setPassword(id, password string) {
	s.Helper()
	body, err := json.Marshal(map[string]any{"password": password, "sites": []string{"hq", "leeds"}})
	if err != nil {
		s.Fatal(err)
	}
	var u contract.User
	if !s.o.ask("PUT", "/v1/users/"+id, string(body), &u) {
		s.Fatalf("head office does not take a password of %s", id)
	}
}
