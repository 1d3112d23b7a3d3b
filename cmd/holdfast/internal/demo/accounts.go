package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Accounts of the demo, in pence. A site sells on account up to its level, which head office fills again as long as the limit has some left:
// so the limits are reached, and some are refused.
const (
	accounts     = 4
	accountLimit = 60_000
	accountLevel = 8_000
)

// account names one that customers buy on.
func account(i int) string { return fmt.Sprintf("TRADE-%d", i+1) }

// openAccounts makes customers with a limit known to head office, and allots some of it to each site.
func (s *show) openAccounts(ctx context.Context) error {
	hq := s.company.hqClient(50)
	s.paper.money.accounts = map[ledger.AssetID]*accountTold{}
	for i := range accounts {
		name := account(i)
		asset := ledger.AssetOf(ledger.AssetCredit, name)
		calls := []struct {
			method, path string
			body         any
		}{
			{http.MethodPut, "/v1/customers/" + name, contract.CustomerRequest{Name: "Customer " + name}},
			{http.MethodPut, "/v1/assets/" + string(asset), map[string]any{"limit": accountLimit}},
		}
		for _, spec := range s.company.sites {
			calls = append(calls, struct {
				method, path string
				body         any
			}{http.MethodPost, "/v1/assets/" + string(asset) + "/allot", map[string]any{"site": spec.name, "amount": accountLevel}})
		}
		for k, c := range calls {
			key := ""
			if c.method == http.MethodPost {
				key = fmt.Sprintf("account-%s-%d", name, k)
			}
			if _, err := hq.Do(ctx, c.method, c.path, key, c.body, nil); err != nil {
				return fmt.Errorf("open account %s: %w", name, err)
			}
		}
		s.paper.money.accounts[asset] = &accountTold{limit: accountLimit}
	}
	s.say("%d customers may buy on account", accounts)
	return nil
}

// A bookkeeper takes payments on some of the accounts at head office.
type bookkeeper struct {
	cl    *client.Client
	rng   *rand.Rand
	paper *paper
	paid  int
}

func (s *show) bookkeeper() *bookkeeper {
	return &bookkeeper{cl: s.clerk("olga", 600), rng: rand.New(rand.NewPCG(s.cfg.Seed, 6<<52)), paper: s.paper}
}

func (b *bookkeeper) work(ctx, drain context.Context) {
	for world.Rest(ctx, time.Duration(b.rng.ExpFloat64()*float64(paysEach))) == nil {
		b.paid++
		asset := ledger.AssetOf(ledger.AssetCredit, account(b.rng.IntN(accounts/2))) // the others are never paid
		amount, ref := int64(500+b.rng.IntN(2000)), fmt.Sprintf("BANK-%d", b.paid)
		_, err := b.cl.Do(drain, http.MethodPost, "/v1/assets/"+string(asset)+"/pay", "pay-"+ref, map[string]any{"amount": amount, "reference": ref}, nil)
		if err != nil {
			b.paper.fault("head office: %d paid on %s: %v", amount, asset, err)
			continue
		}
		b.paper.paidOn(asset, amount)
	}
}

// accountsAgain asks once more, when all is quiet, what head office has of each account.
func (s *show) accountsAgain(ctx context.Context) {
	hq := s.company.hqClient(50)
	for _, asset := range sorted(s.paper.money.accounts) {
		var a struct {
			Used int64 `json:"used"`
		}
		if _, err := hq.Do(ctx, http.MethodGet, "/v1/assets/"+string(asset), "", nil, &a); err != nil {
			s.paper.fault("head office: %s cannot be looked up: %v", asset, err)
			continue
		}
		s.paper.money.accounts[asset].used = &a.Used
	}
}
