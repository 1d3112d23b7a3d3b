package hq_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// TestClassesAreSetByNameAndHold: what is kept for one class no other gets, and the history says who set it.
func TestClassesAreSetByNameAndHold(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	why := hq.SignedRequest{Reason: "spring", By: "beth"}
	set := hq.ClassList{Classes: []hq.ClassRow{
		{Name: "gold", Again: "pinned", MustFill: true, Limits: []hq.LimitRow{{Kind: "minimum", SKU: "TAP-22", Qty: 4}}},
		{Name: "silver", Again: "keep_or_improve", Limits: []hq.LimitRow{{Kind: "cap_day", SKU: "TAP-22", Qty: 5}}},
		{Name: "easy", Again: "may_move"}, {Name: "slow", Again: "give_up"}}}
	var got hq.ClassList
	for range 2 {
		c.must(200, 0, "PUT", "/v1/policy/classes", "", hq.ClassesRequest{ClassList: set, SignedRequest: why}, &got)
	}
	if set.Version = got.Version; set.Version == 0 || !reflect.DeepEqual(got, set) {
		t.Errorf("got %+v, want %+v", got, set)
	}
	if c.must(200, 0, "GET", "/v1/policy/classes", "", nil, &got); !reflect.DeepEqual(got, set) {
		t.Errorf("read: got %+v, want %+v", got, set)
	}
	var page hq.PolicyHistory
	c.must(200, 0, "GET", "/v1/policy/history?limit=3", "", nil, &page)
	var words []string
	for _, ch := range page.Changes {
		words = append(words, fmt.Sprintf("%s %s %s>%s %s", ch.What, ch.SKU, ch.From, ch.To, ch.By))
	}
	if want := []string{"cap_day silver TAP-22 0>5 beth", "minimum gold TAP-22 0>4 beth", "classes  >gold:pinned:must_fill silver:keep_or_improve easy:may_move slow:give_up  beth"}; !reflect.DeepEqual(words, want) {
		t.Errorf("got %q, want %q", words, want)
	}
	order := func(class string, q ledger.Qty) contract.OrderRequest {
		o := orderOf("TAP-22", q)
		o.Class = class
		return o
	}
	if got := c.refused(0, "/v1/orders", "k-1", order("", 7)); got != "409 stock_short line 1: 6 of 7" {
		t.Errorf("no class: got %s", got)
	}
	if got := c.refused(0, "/v1/orders", "k-2", order("silver", 6)); got != "409 stock_short line 1: 5 of 6" {
		t.Errorf("silver: got %s", got)
	}
	c.must(201, 0, "POST", "/v1/orders", "k-3", order("gold", 10), nil)
	for name, bad := range map[string]hq.ClassRow{
		"no name":       {},
		"no such word":  {Name: "x", Again: "may be"},
		"both":          {Name: "x", Again: "give_up", MustFill: true},
		"no such limit": {Name: "x", Limits: []hq.LimitRow{{Kind: "most", SKU: "TAP-22", Qty: 1}}},
		"over 100 %":    {Name: "x", Limits: []hq.LimitRow{{Kind: "cap_share", SKU: "TAP-22", Qty: 101}}},
		"no minimum":    {Name: "x", Limits: []hq.LimitRow{{Kind: "minimum", SKU: "TAP-22"}}},
	} {
		if got := c.refusal(0, "PUT", "/v1/policy/classes", hq.ClassesRequest{ClassList: hq.ClassList{Classes: []hq.ClassRow{bad}}, SignedRequest: why}); got != "400 bad_value" {
			t.Errorf("%s: got %s, want 400 bad_value", name, got)
		}
	}
}

// TestAnOrderThatMayLoseItsUnitsIsToldSo when it is accepted, each time it is told again, and wherever it is shown.
func TestAnOrderThatMayLoseItsUnitsIsToldSo(t *testing.T) {
	c, _ := warehouse(t, 1, 10)
	set := hq.ClassList{Classes: []hq.ClassRow{{Name: "gold"}, {Name: "slow", Again: "give_up"}}}
	c.must(200, 0, "PUT", "/v1/policy/classes", "", hq.ClassesRequest{ClassList: set, SignedRequest: hq.SignedRequest{Reason: "spring", By: "beth"}}, nil)
	for shortage, want := range map[ledger.Shortage]bool{ledger.Backorder: true, ledger.Refuse: false} {
		o := orderOf("TAP-22", 1)
		o.Class, o.Shortage = "slow", shortage
		var got contract.Order
		for range 2 {
			if c.must(201, 0, "POST", "/v1/orders", "k-"+string(shortage), o, &got); got.MayGiveUp != want {
				t.Errorf("%s: got %t, want %t", shortage, got.MayGiveUp, want)
			}
		}
		if c.must(200, 0, "GET", "/v1/orders/"+string(got.ID), "", nil, &got); got.MayGiveUp != want {
			t.Errorf("%s, read: got %t, want %t", shortage, got.MayGiveUp, want)
		}
	}
}
