package machine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A refusedPut is a command that no head office carries out, whatever is in it, and what is said of it.
type refusedPut struct {
	c    machine.Command
	says string
}

func long(n int) string { return strings.Repeat("x", n) }

func times[V any](n int, row func(i int) V) (all []V) {
	for i := range n {
		all = append(all, row(i))
	}
	return all
}

// What is wrong with a command is said by the machine too, whatever the calls that lead to it have looked at; it is sound afterwards.
func TestACommandThatNoHeadOfficeTakesIsRefusedInWords(t *testing.T) {
	b := agreedBench(t)
	b.site("leeds", true)
	b.site("york", false)
	signed := func(c machine.SetPolicy) *machine.SetPolicy { c.By, c.At = "beth", at; return &c }
	rule := func(r machine.Rule) *machine.SetPolicy { return signed(machine.SetPolicy{Rules: []machine.Rule{r}}) }
	source := func(c machine.SetSourcing) *machine.SetSourcing { c.By, c.At = "beth", at; return &c }
	class := func(all ...machine.Class) *machine.SetClasses {
		return &machine.SetClasses{Classes: all, By: "beth", At: at}
	}
	few := func(from, n int) machine.Class {
		return machine.Class{Name: fmt.Sprint(from), Limits: times(n, func(i int) machine.Limit {
			return machine.Limit{Kind: machine.LimitMinimum, SKU: ledger.SKU(fmt.Sprintf("S-%d", from+i)), Qty: 1}
		})}
	}
	expect := func(c machine.Expect) *machine.Expect {
		if c.By, c.At = "beth", at; c.Reference == "" {
			c.Reference = "N-1"
		}
		return &c
	}
	line := machine.DueLine{SKU: "TAP-22", Qty: 1}
	goods := ledger.Purchase{Reference: "PO-1", Supplier: "MOEN", Site: "york", Due: "2026-12-10", Lines: []ledger.PurchaseLine{{SKU: "TAP-22", Qty: 1}}}
	hook := func(n int, c machine.SetHook) *machine.SetHook {
		if c.Act == 0 {
			c.Act = machine.HookPut
		}
		c.By, c.Reason, c.At, c.Key = "beth", "x", at, digest(fmt.Sprint("hook ", n))
		return &c
	}
	b.ok(expect(machine.Expect{Reference: "N-7", Supplier: "MOEN", Site: "york", Due: 21_000, Lines: []machine.DueLine{line}}))
	b.ok(&machine.Purchase{Act: ledger.PurchasePut, Order: goods, By: "beth", At: at})
	announced := goods
	announced.Reference = "N-7"
	secret := make([]byte, 32)
	for i, row := range []refusedPut{
		{&machine.SetPolicy{CoverDays: 3, At: at}, "by is empty: a setting is changed by somebody"},
		{signed(machine.SetPolicy{CoverDays: -1}), "cover_days is not 1 to 60"},
		{signed(machine.SetPolicy{ChancePercent: 99}), "chance_percent is not 1 to 50"},
		{signed(machine.SetPolicy{Preset: long(40)}), "preset is longer than 32 bytes"},
		{rule(machine.Rule{Kind: 99}), "kind 99 is none"},
		{rule(machine.Rule{Kind: machine.RuleKeepBack, Category: long(100)}), "category is longer than 64 bytes"},
		{rule(machine.Rule{Kind: machine.RuleKeepBack, Category: "taps", SKU: "TAP-22"}), "category stands beside a SKU: a rule is for one or the other"},
		{rule(machine.Rule{Kind: machine.RuleKeepBack, Qty: -1}), "qty is below zero, or beyond all bounds"},
		{rule(machine.Rule{Kind: machine.RuleClearOut, Qty: 1}), "kind 3 is none yet"},
		{&machine.SetSourcing{At: at}, "by is empty: a setting is changed by somebody"},
		{source(machine.SetSourcing{Terms: []machine.Terms{{Site: "york", Areas: []machine.Area{{}}}}}), "country is not 1 to 16 bytes, or the postcode is longer"},
		{source(machine.SetSourcing{Presets: []machine.PresetFor{{Class: "gold", Preset: long(40)}}}), "preset is longer than 32 bytes"},
		{&machine.SetClasses{At: at}, "by is empty: a setting is changed by somebody"},
		{class(machine.Class{Name: "gold", Again: 99}), "again 99 is none"},
		{class(machine.Class{Name: "gold", Limits: []machine.Limit{{Kind: 99, SKU: "TAP-22"}}}), "kind 99 is none"},
		{class(few(0, 6000), few(6000, 6000)), "limits are more than 10000 together"},
		{&machine.SetCompany{Currency: "GBP", At: at}, "by is empty: a setting is changed by somebody"},
		{&machine.SetReasons{At: at}, "by is empty: a setting is changed by somebody"},
		{&machine.Expect{Reference: "N-1", At: at}, "by is empty: a delivery is expected by somebody"},
		{expect(machine.Expect{Reference: long(300)}), "reference is empty, or longer than 255 bytes"},
		{expect(machine.Expect{Site: "york", Due: 1, Lines: []machine.DueLine{line}}), "supplier is empty, or longer than 255 bytes"},
		{expect(machine.Expect{Supplier: "MOEN", Site: "york", Lines: []machine.DueLine{line}}), "due is no day such as 2026-12-10"},
		{expect(machine.Expect{Supplier: "MOEN", Site: "york", Due: 21_000}), "lines has 0 lines; a delivery has 1 to 1000"},
		{expect(machine.Expect{Supplier: "MOEN", Site: "york", Due: 21_000, Lines: []machine.DueLine{line, line}}), "lines are not one for each SKU, by SKU"},
		{&machine.Purchase{Act: ledger.PurchasePut, Order: goods, At: at}, "by is empty: goods are ordered by somebody"},
		{&machine.Purchase{Act: ledger.PurchaseCancel, Order: goods, By: "beth", At: at}, "lines play no part where a purchase order is closed or called off"},
		{&machine.Purchase{Act: ledger.PurchaseReceive, Order: goods, By: "beth", At: at}, "act receive is none of a person's"},
		{&machine.Purchase{Act: ledger.PurchasePut, Order: announced, By: "beth", At: at}, "reference is that of delivery N-7, which was announced and not ordered here: give the purchase order another reference"},
		{expect(machine.Expect{Reference: "PO-1", Supplier: "MOEN", Site: "york", Due: 21_000, Lines: []machine.DueLine{line}}), "reference is that of purchase order PO-1: change it as such (holdfast purchase put)"},
		{&machine.Renew{Site: "york", Reason: "x", At: at}, "by is empty: somebody has to sign"},
		{&machine.Renew{Site: "york", By: "beth", At: at}, "reason is empty"},
		{&machine.Trust{Do: machine.TrustGive, For: "york", At: at}, "by is empty: somebody has to sign"},
		{&machine.Trust{Do: machine.TrustGive, For: "york", By: "beth", At: at}, "token has ended, or was given before"},
		{&machine.Trust{Do: machine.TrustRevoke, For: "york", At: at}, "by is empty: somebody has to sign"},
		{&machine.PutUser{User: ledger.User{ID: "anna", Kind: ledger.UserPerson}, At: at}, "by is empty: somebody has to sign"},
		{&machine.PutCustomers{Customers: []ledger.CustomerAccount{{ID: "ACME"}}, At: at}, "by is empty: somebody has to sign"},
		{&machine.DeclareLost{Site: "york", Reason: "burnt", At: at}, "by is empty: somebody has to sign"},
		{&machine.DeclareLost{Site: "york", By: "beth", At: at}, "reason is empty"},
		{&machine.Resolve{Exception: 1, At: at}, "by is empty: an exception is closed by somebody"},
		{&machine.PassOn{SKU: "TAP-22", Owner: "york", Holder: "york", By: "beth", At: at}, "holder is the owner"},
		{&machine.PassOn{SKU: "TAP-22", Owner: "york", Holder: "leeds", Level: -1, By: "beth", At: at}, "qty is below zero, or beyond all bounds"},
		{&machine.PassOn{SKU: "TAP-22", Owner: "york", Holder: "leeds", Level: 1, At: at}, "by is empty"},
		{&machine.SetAsset{Asset: "credit:ACME", Do: machine.AssetLimit, Amount: 1, At: at}, "by is empty: somebody has to sign"},
		{&machine.Release{Site: "york", Epoch: 1, At: at}, "secret is missing"},
		{&machine.Differs{At: at}, "server is not 1 to 64 bytes"},
		{&machine.PutServer{}, "name is empty"},
		{&machine.SetReasons{Reasons: []ledger.Reason{{Code: "x", Way: 1}}, Ends: times(2*ledger.ReasonsMax, func(int) string { return "x" }), By: "beth", At: at}, "reasons are more than one request can set"},
		{&machine.SetCompany{Checks: []ledger.Check{{Name: "x"}}, Ends: times(2*ledger.ChecksMax, func(int) string { return "x" }), By: "beth", At: at}, "checks or time zones are more than one request can set"},
		{&machine.SetCompany{Recalls: times(ledger.RecallsMax+1, func(int) ledger.Recall { return ledger.Recall{SKU: "MELON", Lot: "L1", Reason: "x"} }), By: "beth", At: at}, "recalls are more than one request can set"},
		{hook(1, machine.SetHook{To: "https://x", Secret: secret}), "id is empty, or longer than 255 bytes"},
		{hook(2, machine.SetHook{Hook: "wh_1", Secret: secret}), "to is empty, or longer than 512 bytes"},
		{hook(3, machine.SetHook{Hook: "wh_1", To: "https://x"}), "secret is not 24 to 64 bytes"},
		{hook(4, machine.SetHook{Hook: "wh_1", To: "https://x", Secret: secret, Note: long(300)}), "note is longer than 255 bytes"},
		{hook(5, machine.SetHook{Hook: "wh_1", To: "https://x", Secret: secret, Kinds: []machine.EventKind{99}}), "events 99 is none, or comes twice"},
		{&machine.AwaitWord{Order: ledger.Order{ID: "01900000-0000-7000-8000-0000000000aa", Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1}}}, At: at}, "review does not say until when the order waits"},
	} {
		if got := fmt.Sprint(b.apply(row.c).Err); got != row.says {
			t.Errorf("row %d, %T: got %q, want %q", i, row.c, got, row.says)
		}
	}
}

// So many are kept and no more, and the first that is too many is told so.
func TestOneMoreThanHeadOfficeKeepsIsRefusedInWords(t *testing.T) {
	b := agreedBench(t)
	b.site("york", false)
	for i := range machine.HooksMax {
		b.ok(&machine.SetHook{Act: machine.HookPut, Hook: machine.HookID(fmt.Sprint("wh_", i)), To: "https://x", Secret: make([]byte, 32), By: "beth", Reason: "x", At: at, Key: digest(fmt.Sprint("hook ", i))})
	}
	res := b.apply(&machine.SetHook{Act: machine.HookPut, Hook: "wh_more", To: "https://x", Secret: make([]byte, 32), By: "beth", Reason: "x", At: at, Key: digest("one more")})
	if got, want := fmt.Sprint(res.Err), fmt.Sprintf("to would be one more than %d webhooks: remove one that nobody needs (holdfast webhook list, holdfast webhook remove)", machine.HooksMax); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
