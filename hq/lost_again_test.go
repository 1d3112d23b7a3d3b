package hq_test

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/identity"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// rejoin asks for an epoch of a site's own, as its node does whose epoch is closed.
func (c *trusting) rejoin(papers *identity.Papers, replace bool, epoch ledger.Epoch) wire.RejoinReply {
	c.t.Helper()
	return c.rejoinAs(papers, replace, epoch, 1)
}

// rejoinAs is rejoin by another process of the node.
func (c *trusting) rejoinAs(papers *identity.Papers, replace bool, epoch ledger.Epoch, boot byte) (reply wire.RejoinReply) {
	c.t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: identity.NewKeeper(papers, time.Now).Client(identity.IsHQ)}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	r, err := wire.NewRequest(c.t.Context(), c.servers[0].URL()+wire.PathRejoin, &wire.Rejoin{Site: "leeds", NodeKey: [16]byte{1}, Boot: [16]byte{boot},
		VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Replace: replace, Head: ledger.Position{Epoch: epoch}})
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := wire.ReadReply(resp, &reply); err != nil {
		c.t.Fatal(err)
	}
	return reply
}

// liesAboutItsEpoch has a node that was let in say that its book is in the last epoch that there can be. It is given the one after its site's:
// no certificate was ever of the one that it names, and behind that there would be none left to fence it by.
func (c *trusting) liesAboutItsEpoch(papers *identity.Papers, before wire.RejoinReply) {
	c.t.Helper()
	most := max(before.H.Counter, uint64(before.Epoch), uint64(papers.Name.Epoch)) + 1
	for _, lie := range []ledger.Epoch{math.MaxUint64, math.MaxUint64 - 1} {
		if got := c.rejoinAs(papers, true, lie, 7); got.Verdict != wire.VerdictOK || got.Epoch <= before.Epoch || uint64(got.Epoch) > most {
			c.t.Errorf("a node that says epoch %d: got %+v, want one of %d to %d", lie, got, before.Epoch+1, most)
		}
	}
}

// A stolen node that is in touch asks for a new epoch the moment that its own is closed, and again whenever it is plugged in. Nobody but an
// operator lets it back.
func TestAStolenNodeDoesNotComeBackByItself(t *testing.T) {
	t.Parallel()
	c := startTrusting(t)
	leeds, err := c.enrol(c.addSite("leeds"))
	if err != nil {
		t.Fatal(err)
	}
	if status, verdict := c.hello(0, "leeds", leeds); status != http.StatusOK || verdict != wire.VerdictOK {
		t.Fatalf("hello: got %d, %v", status, verdict)
	}
	c.must(http.StatusOK, 0, "POST", "/v1/sites/leeds/declare-lost", "l1", hq.LostRequest{SignedRequest: hq.SignedRequest{By: "beth", Reason: "stolen"}, ForgetPINs: true}, nil)
	for i, replace := range []bool{false, true, false, true} { // a thief starts it as they like, and has it say what they like
		if got := c.rejoin(leeds, replace, ledger.Epoch(i/2*99)); got.Verdict != wire.VerdictClosedEpoch || !strings.Contains(got.Why, "declared lost by beth: stolen") || !strings.Contains(got.Why, "holdfast site replace leeds") {
			t.Errorf("the stolen node, as a replacement %t: got %+v, want it turned away and told why", replace, got)
		}
	}
	state := func() hq.Knew {
		var out hq.Knew
		c.must(http.StatusOK, 0, "GET", "/v1/sites/leeds/knew", "", nil, &out)
		return out
	}
	if got := state(); got.State != string(contract.SiteLost) || got.Lost == nil {
		t.Errorf("got %+v, want the site lost still", got)
	}
	var out hq.SiteAdded
	c.must(http.StatusOK, 0, "POST", "/v1/sites/leeds/token", "r1", hq.SignedRequest{By: "beth", Reason: "a new machine"}, &out)
	next, err := c.enrol(c.parse(out.Token))
	if err != nil {
		t.Fatal(err)
	}
	given := c.rejoin(next, true, 0)
	if given.Verdict != wire.VerdictOK || given.Epoch < 2 {
		t.Errorf("the node in its place: got %+v, want an epoch", given)
	}
	c.liesAboutItsEpoch(next, given)
	if got := state(); got.Lost != nil {
		t.Errorf("got %+v, want the site back", got)
	}
	for _, s := range c.servers {
		s.end()
		auditJournals(t, s.cfg.Dir)
	}
}

// helloLies has the node of a site that head office has not heard since it was restored say that its book is in an epoch that no life of head
// office can have given: it is not taken at its word.
func (c *trusting) helloLies(site ledger.SiteID, papers *identity.Papers) {
	c.t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: identity.NewKeeper(papers, time.Now).Client(identity.IsHQ)}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	var reply wire.Welcome
	c.eventually("a leader hears it", func() error {
		r, err := wire.NewRequest(c.t.Context(), c.servers[0].URL()+wire.PathHello, &wire.Hello{Site: site, NodeKey: [16]byte{1}, Boot: [16]byte{9}, Head: ledger.Position{Epoch: math.MaxUint64},
			VersionMin: wire.VersionMin, VersionMax: wire.VersionMax})
		if err != nil {
			return err
		}
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		return wire.ReadReply(resp, &reply)
	})
	if reply.Verdict != wire.VerdictFork || !strings.Contains(reply.Why, "was never issued: head office has come to") {
		c.t.Errorf("a hello in the last epoch there is: got %+v, want it judged for what it is", reply)
	}
}
