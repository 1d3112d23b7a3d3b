package hq_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Whoever was made known, whose password was set or who was turned away a moment ago signs in by today's word at each server, by the call and
// at the page: a follower comes level before it looks, so that nobody's right password counts as a wrong guess.
func TestWhoSignsInIsLookedForByTodaysWordAtEachServer(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, nil)
	owner := c.token
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(browser.CloseIdleConnections)
	atPage := func(at int, form url.Values) int {
		t.Helper()
		res, err := browser.PostForm(c.servers[at].URL()+"/sign-in", form)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	for i := range 4 {
		for at := range c.servers {
			user, word := fmt.Sprintf("olga-%d-%d", at, i), fmt.Sprintf("correct horse %d", i)
			set := func(in contract.UserRequest) {
				t.Helper()
				c.token = owner
				c.must(200, 0, "PUT", "/v1/users/"+user, "", in, nil)
				c.token = ""
			}
			set(contract.UserRequest{Roles: &[]string{"office"}, Password: word})
			c.must(200, at, "POST", "/v1/sign-in", "", contract.SignInRequest{User: user, Password: word}, nil)
			set(contract.UserRequest{Password: word + " more"})
			if status := atPage(at, url.Values{"user": {user}, "password": {word + " more"}}); status != 303 {
				t.Errorf("%s at server %d's page, by the password of a moment ago: got %d, want them signed in", user, at, status)
			}
			left := "left"
			set(contract.UserRequest{Disabled: &left})
			if p := c.problemOf(at, "POST", "/v1/sign-in", "", contract.SignInRequest{User: user, Password: word + " more"}); p.Code != contract.CodeSignInWrong {
				t.Errorf("%s, turned away a moment ago, at server %d: got %+v", user, at, p)
			}
			var desk contract.User
			c.token = owner
			c.must(200, 0, "PUT", fmt.Sprintf("/v1/users/desk-%d-%d", at, i), "", contract.UserRequest{Kind: "device"}, &desk)
			if status := atPage(at, url.Values{"token": {desk.Token}}); status != 303 {
				t.Errorf("a device of a moment ago at server %d's page: got %d, want it taken", at, status)
			}
		}
	}
}
