package machine_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// trusts has the company give tokens, use one and revoke one.
func (c *chronicle) trusts() {
	token := func(n byte) machine.JoinToken {
		return machine.JoinToken{ID: [8]byte{n}, Hash: [32]byte{n}, Root: [32]byte{7}, Ends: c.now.Add(24 * time.Hour), Key: [32]byte{9}}
	}
	for _, v := range []*machine.Trust{
		{Do: machine.TrustGive, For: "leeds", Token: token(1), By: "beth", Reason: "opened", At: c.now},
		{Do: machine.TrustUse, For: "leeds", Token: token(1), At: c.now},
		{Do: machine.TrustGive, For: "leeds", Token: token(2), Fence: true, By: "beth", Reason: "its disk is lost", At: c.now},
		{Do: machine.TrustGive, For: ledger.HQ, Token: token(3), By: "olga", Reason: "a third server", At: c.now},
		{Do: machine.TrustRevoke, For: ledger.HQ, Token: token(3), By: "olga", Reason: "printed twice", At: c.now},
	} {
		if res := c.try(v); res.Err != nil {
			c.t.Errorf("%d for %s: %v", v.Do, v.For, res.Err)
		}
	}
}

// A trusting is a head office with one site that has an epoch, and its clock.
type trusting struct {
	t   *testing.T
	m   *machine.Machine
	now time.Time
}

func newTrusting(t *testing.T) *trusting {
	m := machine.New()
	now := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	for _, c := range []machine.Command{&machine.Bootstrap{Random: [16]byte{1}, At: now}, &machine.AddSite{Site: "leeds", Counter: true, At: now},
		&machine.Hello{Site: "leeds", NodeKey: [16]byte{1}, Boot: [16]byte{2}, VersionMin: 1, VersionMax: 99, At: now}} {
		if res := m.Apply(machine.Marshal(c)); res.Err != nil {
			t.Fatal(res.Err)
		}
	}
	return &trusting{t, m, now}
}

func (c *trusting) do(do machine.TrustDo, who ledger.SiteID, id, secret, key byte, fence bool) error {
	return c.m.Apply(machine.Marshal(&machine.Trust{Do: do, For: who, Fence: fence, By: "beth", Reason: "r", At: c.now,
		Token: machine.JoinToken{ID: [8]byte{id}, Hash: sha256.Sum256([]byte{secret}), Ends: c.now.Add(24 * time.Hour), Key: [32]byte{key}}})).Err
}

func (c *trusting) wants(what string, err error, want machine.TokenState) {
	c.t.Helper()
	e, ok := errors.AsType[*machine.TokenError](err)
	switch {
	case want == "" && err != nil, want != "" && (!ok || e.State != want):
		c.t.Errorf("%s: got %v, want %q", what, err, want)
	}
}

func TestATokenIsUsedOnce(t *testing.T) {
	c := newTrusting(t)
	c.wants("give", c.do(machine.TrustGive, "leeds", 1, 1, 0, false), "")
	c.wants("with another secret", c.do(machine.TrustUse, "leeds", 1, 2, 5, false), machine.TokenUnknown)
	c.wants("for another site", c.do(machine.TrustUse, ledger.HQ, 1, 1, 5, false), machine.TokenUnknown)
	c.wants("use", c.do(machine.TrustUse, "leeds", 1, 1, 5, false), "")
	c.wants("the same key again: the answer was lost", c.do(machine.TrustUse, "leeds", 1, 1, 5, false), "")
	c.wants("another key", c.do(machine.TrustUse, "leeds", 1, 1, 6, false), machine.TokenUsed)
	c.now = c.now.Add(24 * time.Hour)
	c.wants("the same key when its day is over", c.do(machine.TrustUse, "leeds", 1, 1, 5, false), machine.TokenUsed)
	if got := c.m.Trusted("leeds").Token([8]byte{1}); got == nil || got.Epoch != 1 || got.Key != [32]byte{5} {
		t.Errorf("got %+v", got)
	}
}

func TestATokenEnds(t *testing.T) {
	c := newTrusting(t)
	c.wants("give", c.do(machine.TrustGive, "leeds", 1, 1, 0, false), "")
	c.wants("another", c.do(machine.TrustGive, "leeds", 2, 2, 0, false), "")
	c.wants("the one before", c.do(machine.TrustUse, "leeds", 1, 1, 5, false), machine.TokenRevoked)
	c.wants("revoke", c.do(machine.TrustRevoke, "leeds", 2, 0, 0, false), "")
	c.wants("revoked", c.do(machine.TrustUse, "leeds", 2, 2, 5, false), machine.TokenRevoked)
	c.wants("one that nobody gave", c.do(machine.TrustRevoke, "leeds", 9, 0, 0, false), machine.TokenUnknown)
	c.wants("a third", c.do(machine.TrustGive, "leeds", 3, 3, 0, false), "")
	c.now = c.now.Add(24 * time.Hour)
	c.wants("a day later", c.do(machine.TrustUse, "leeds", 3, 3, 5, false), machine.TokenExpired)
	if err := c.do(machine.TrustGive, "york", 4, 4, 0, false); !errors.Is(err, machine.ErrSiteUnknown) {
		t.Errorf("of no site: got %v", err)
	}
	if err := c.do(9, "leeds", 4, 4, 0, false); !errors.Is(err, machine.ErrUnknownCommand) {
		t.Errorf("of a later build: got %v", err)
	}
}

// Whoever replaces a node fences what it had: the certificate that the new one gets is of the epoch after.
func TestAReplacedNodesCertificateIsBelowTheFence(t *testing.T) {
	c := newTrusting(t)
	c.wants("give", c.do(machine.TrustGive, "leeds", 1, 1, 0, false), "")
	if got := c.m.Trusted("leeds"); got.Fence != 0 || got.Tokens[0].Epoch != 1 {
		t.Errorf("got fence %d, epoch %d; want 0 and 1", got.Fence, got.Tokens[0].Epoch)
	}
	c.wants("replace", c.do(machine.TrustGive, "leeds", 2, 2, 0, true), "")
	if got := c.m.Trusted("leeds"); got.Fence != 2 || got.Tokens[1].Epoch != 2 {
		t.Errorf("got fence %d, epoch %d; want 2 and 2", got.Fence, got.Tokens[1].Epoch)
	}
	if res := c.m.Apply(machine.Marshal(&machine.DeclareLost{Site: "york", By: "beth", Reason: "r", At: c.now})); res.Err == nil {
		t.Error("got nil of a site that is none")
	}
	lost := newTrusting(t)
	lost.wants("give", lost.do(machine.TrustGive, "leeds", 1, 1, 0, false), "")
	if res := lost.m.Apply(machine.Marshal(&machine.DeclareLost{Site: "leeds", By: "beth", Reason: "burnt down", At: lost.now})); res.Err != nil {
		t.Fatal(res.Err)
	}
	lost.wants("a token of before the site was lost", lost.do(machine.TrustUse, "leeds", 1, 1, 5, false), machine.TokenRevoked)
	lost.wants("it comes back", lost.do(machine.TrustGive, "leeds", 2, 2, 0, true), "")
	lost.wants("by a token of after", lost.do(machine.TrustUse, "leeds", 2, 2, 5, false), "")
}

func TestNotAllTokensAreRemembered(t *testing.T) {
	c := newTrusting(t)
	for i := range byte(machine.TokensMax + 5) {
		c.wants("give", c.do(machine.TrustGive, ledger.HQ, i, i, 0, false), "")
		if i%2 == 0 {
			c.wants("use", c.do(machine.TrustUse, ledger.HQ, i, i, 5, false), "")
		}
	}
	if got := len(c.m.Trusted(ledger.HQ).Tokens); got != machine.TokensMax {
		t.Errorf("got %d, want %d", got, machine.TokensMax)
	}
	c.wants("one that is open goes last of all", c.do(machine.TrustUse, ledger.HQ, 1, 1, 5, false), "")
	if text := fmt.Sprint(&machine.JoinToken{ID: [8]byte{1, 2}, Hash: [32]byte{0xaa}}); text != "0102000000000000" {
		t.Errorf("got %s", text)
	}
}
