package hq_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/messenger"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// What is said at an address that only the company's own programs speak at, or of a site that is gone.
func TestAFieldAtTheEdgeOfHeadOfficeIsRefusedInWords(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	var servers hq.ServerList
	c.must(200, 0, "GET", "/v1/servers", "", nil, &servers)
	c.must(200, 0, "PUT", "/v1/assets/credit:ACME", "limit", `{"limit":500,"reason":"x"}`, nil)
	c.must(200, 0, "PUT", "/v1/policy/rules", "", `{"rules":[{"kind":"reorder_at","site":"york","sku":"TAP-22","qty":50},{"kind":"reorder_to","site":"york","sku":"TAP-22","qty":100}],"reason":"x"}`, nil)
	c.refuses([]wrongField{
		{"POST /v1/reorder", `{"site":"york","sku":"TAP-22"}`, "supplier", "supplier is left out, and item TAP-22 names none: say who brings it."},
	})
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "lost", `{"reason":"burnt down"}`, nil)
	c.refuses([]wrongField{
		{"POST /link/v1/state", `no`, "", "The body is not what a server tells of its state: only servers of head office speak at this address. The calls for everybody else are listed at /openapi.json."},
		{"POST /link/v1/hello", `no`, "", "The body is not the message that belongs here: only nodes and servers of head office speak at this address. The calls for everybody else are listed at /openapi.json."},
		{"POST /sign-in?user=%zz", ``, "", "The form cannot be read: go back to the page, load it again, and sign in there."},
		{"GET /link/v1/journal?site=hull&after=noon", ``, "after", "after is not the number of an entry, such as 240; 0 is before the first."},
		{"POST /v1/webhooks/w/resend", `{"events":[` + many(5001, `"one"`) + `],"reason":"x"}`, "events", "events are 5001; name at most 5000 at once."},
		{"POST /v1/webhooks/w/remove", `{"events":["one"],"reason":"x"}`, "events", "events belong to no removal: leave them out."},
		{"PUT /v1/policy/zones", `{"zones":[{"country":"GB","site":"york","cost":-1}],"reason":"x"}`, "cost", `cost is -1, which ends a row, and there is no row of country "GB", postcode "", site "york" and group "": look among those that there are.`},
		{"PUT /v1/policy/zones", `{"zones":[{"country":"GB","site":"york","cost":-2}],"reason":"x"}`, "cost", "cost is not -1 to 1099511627776."},
		{"POST /v1/sign-in", `{"user":"anna","pin":"1234"}`, "password", "password is missing: head office takes a password; a PIN is for tills."},
		{"POST /v1/servers", `{"name":"hq-2","url":"http://x:1","raft_addr":"{raft}"}`, "raft_addr", "raft_addr is the leader's own: give the address of the server that is added."},
		{"POST /v1/assets/credit:ACME/allot", `{"site":"leeds","amount":5}`, "site", "site is given nothing now: declared lost: burnt down."},
		{"POST /v1/transfers", `{"from":"leeds","to":"york","lines":[{"sku":"TAP-22","qty":1}]}`, "from", "from is leeds, and nothing of it can be promised now (declared lost: burnt down): send from another site, or once it is back."},
		{"POST /v1/transfers", `{"from":"hull","to":"leeds","lines":[{"sku":"TAP-22","qty":1}]}`, "to", "to is leeds, which was declared lost (burnt down): send to another site."},
	}, "{raft}", servers.Servers[0].Raft)
}

func TestAMailboxIsGivenNoSecret(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, func(c *hq.Config) {
		c.Mail = messenger.Mail{Server: "127.0.0.1:1", From: "shop@example.com"}
	})
	c.refuses([]wrongField{
		{"POST /v1/webhooks", `{"to":"mailto:o@example.com","events":["order.ready"],"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw","reason":"x"}`, "secret", "secret is given, and mail is not signed. Leave it out."},
	})
}

func TestHeadsAreAskedForByAnEntryOfOneSite(t *testing.T) {
	c := startTrustingOf(t, 1)
	c.must(201, 0, "POST", "/v1/sites", "add", hq.SiteRequest{Site: "leeds", Kind: "counter"}, nil)
	for _, query := range []string{"seq=1", "site=leeds&seq=0", "site=leeds&seq=noon"} {
		c.refuses([]wrongField{{"GET /v1/heads?" + query, ``, "seq", "seq is not the number of an entry, from 1, of a site that is named: say site, too."}})
	}
	env, _ := world()
	err := hq.Enrol(t.Context(), env, t.TempDir(), identity.Token{Role: identity.RoleSite, Site: "leeds"}, func(err error) { t.Error(err) })
	if got, want := fmt.Sprint(err), "join token is for the site leeds, and this is a server of head office: have one given for hq"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A letter has a subject of one line.
func TestALetterThatCannotBeSentIsRefusedInWords(t *testing.T) {
	for says, raw := range map[string]string{
		"version is 2; this program reads 1: write the letters as that says, or start the program that they were written for":     `{"version":2,"letters":{}}`,
		"letter order.ready: subject has a control character in it: a subject is one line of text, with neither tabs nor breaks":  `{"version":1,"letters":{"order.ready":{"subject":"a\nb","text":"x"}}}`,
		"letter order.ready: text has a control character in it: beside the breaks of its lines and tabs a letter has text alone": `{"version":1,"letters":{"order.ready":{"subject":"a","text":"x\u0007"}}}`,
	} {
		if _, err := messenger.ReadLetters([]byte(raw)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q", raw, err, says)
		}
	}
}
