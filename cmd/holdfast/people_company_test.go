//go:build unix

package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/cutproxy"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// staff makes people of leeds known at head office, each with a PIN, and two tills, whose tokens it gives.
func (s *backShop) staff(people map[string]string) (tills [2]string) {
	s.Helper()
	for id, pin := range people {
		var u contract.User
		if !s.o.ask("PUT", "/v1/users/"+id, fmt.Sprintf(`{"roles":["cashier"],"sites":["leeds"],"pin":%q}`, pin), &u) {
			s.Fatalf("head office does not take %s", id)
		}
	}
	for i := range tills {
		var u contract.User
		if !s.o.ask("PUT", fmt.Sprintf("/v1/users/till-%d", i+1), `{"kind":"device","sites":["leeds"]}`, &u) || u.Token == "" {
			s.Fatalf("head office does not take till-%d", i+1)
		}
		tills[i] = u.Token
	}
	return tills
}

// as sends to leeds as whoever has a token.
func (s *backShop) as(token, method, path, key, body string) (int, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.leeds.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if key != "" {
		r.Header.Set(contract.HeaderKey, key)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// signsIn signs somebody in at a till of leeds; the token is "" where they are not let in.
func (s *backShop) signsIn(till, user, pin string) (in contract.SignedIn, no string) {
	s.Helper()
	status, body := s.as(till, "POST", "/v1/sign-in", "", fmt.Sprintf(`{"user":%q,"pin":%q}`, user, pin))
	if status != 200 {
		return in, strconv.Itoa(status) + " " + body
	}
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		s.Fatal(err)
	}
	return in, ""
}

// usersAge is node_users_age_seconds.
func (s *backShop) usersAge() float64 {
	s.Helper()
	token, err := os.ReadFile(filepath.Join(s.dir, "owner.token"))
	if err != nil {
		s.Fatal(err)
	}
	_, text := s.as(strings.TrimSpace(string(token)), "GET", "/metrics", "", "")
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(line, "node_users_age_seconds "); ok {
			age, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				s.Fatal(err)
			}
			return age
		}
	}
	s.Fatal("got no node_users_age_seconds")
	return 0
}

// Whoever is turned away at head office, a person who has left or a till that was lost, is out at a site from its next
// contact on: nobody signs in by them, and what was signed in has ended. While the line is down the site goes by the list
// that it has, and says how old that is: in its status, in its figures, and to whoever signs in.
func TestWhoeverIsTurnedAwayAtHeadOfficeIsOutAtASiteFromItsNextContactOn(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts some processes")
	}
	t.Parallel()
	s := openBackShop(t, buildHoldfast(t))
	hq := []string{"--to", s.o.url, "--token-file", filepath.Join(s.o.dir, "owner.token")}
	pins := map[string]string{"ann": "830217", "beth": "640918"}
	s.leeds.call("POST", "/v1/receipts", "more", `{"lines":[{"sku":"TAP-22","qty":50}]}`, nil)
	tills := s.staff(pins)
	var ann, beth contract.SignedIn
	eventually(t, "leeds to hear of its people", func() bool {
		ann, _ = s.signsIn(tills[0], "ann", pins["ann"])
		beth, _ = s.signsIn(tills[1], "beth", pins["beth"])
		return ann.Token != "" && beth.Token != ""
	})
	n := 0
	sells := func(token string) int {
		t.Helper()
		n++
		status, _ := s.as(token, "POST", "/v1/orders", fmt.Sprint("sale ", n), `{"lines":[{"sku":"TAP-22","qty":1}]}`)
		return status
	}
	looks := func(token string) int {
		t.Helper()
		status, _ := s.as(token, "GET", "/v1/stock/TAP-22", "", "")
		return status
	}
	if a, b := sells(ann.Token), sells(beth.Token); a != 201 || b != 201 {
		t.Fatalf("ann got %d, beth %d, want both to sell", a, b)
	}

	s.line.Cut(cutproxy.ModeReset)
	eventually(t, "leeds to know that it is cut off", func() bool { return !s.leeds.status().Link.Online })
	s.run(append([]string{"user", "disable", "ann", "--reason", "left the company"}, hq...)...)
	s.run(append([]string{"device", "lost", "till-2", "--reason", "left in a taxi"}, hq...)...)
	if a, b := sells(ann.Token), sells(beth.Token); a != 201 || b != 201 {
		t.Errorf("cut off: ann got %d, beth %d, want both to sell: leeds cannot know", a, b)
	}
	again, code := s.signsIn(tills[0], "ann", pins["ann"])
	if again.Token == "" || again.UsersAgeMS <= 0 {
		t.Errorf("cut off: got ann signed in as %+v (%s), want it told how old the list is", again, code)
	}
	first, figure := s.leeds.status().People.AgeMS, s.usersAge()
	eventually(t, "the list to grow older", func() bool {
		return s.leeds.status().People.AgeMS > first && s.usersAge() > figure
	})
	ann = again

	s.line.Heal()
	eventually(t, "ann's sign-in to have ended", func() bool { return looks(ann.Token) == 401 })
	if got := sells(ann.Token); got != 401 {
		t.Errorf("ann has left, and her sale got %d", got)
	}
	if _, code := s.signsIn(tills[0], "ann", pins["ann"]); code == "" {
		t.Error("ann has left, and signs in")
	}
	eventually(t, "till-2 to have ended, with who was signed in at it", func() bool { return looks(beth.Token) == 401 })
	if _, code := s.signsIn(tills[1], "beth", pins["beth"]); code == "" {
		t.Error("till-2 is lost, and beth signs in at it")
	}
	beth, code = s.signsIn(tills[0], "beth", pins["beth"])
	if beth.Token == "" || sells(beth.Token) != 201 {
		t.Errorf("got %s, want beth to sell at till-1", code)
	}
	atSite := []string{"--to", s.leeds.url, "--token-file", filepath.Join(s.dir, "owner.token")}
	list := s.run(append([]string{"device", "list"}, atSite...)...)
	for _, want := range []string{`till-1 +leeds +2\S+Z +beth`, `till-2 +leeds +2\S+Z +beth +left in a taxi`} {
		if !regexp.MustCompile(want).MatchString(list) {
			t.Errorf("got the devices %s, want %s", list, want)
		}
	}
	found := s.run(append([]string{"device", "found", "till-2"}, hq...)...)
	if strings.Contains(found, tills[1]) || !strings.Contains(found, "hf_till-2.") {
		t.Errorf("got %s, want another token", found)
	}
	eventually(t, "till-2 to be let in again", func() bool {
		return !strings.Contains(s.run(append([]string{"device", "list"}, atSite...)...), "taxi")
	})
	if _, code := s.signsIn(tills[1], "beth", pins["beth"]); code == "" {
		t.Error("till-2 was found, and the token that was lost with it opens again")
	}
	s.leeds.settled()
	s.leeds.end(syscall.SIGTERM)
	s.hull.end(syscall.SIGTERM)
	for _, of := range []string{s.dir, s.hull.dir} {
		s.run("audit", of)
	}
}
