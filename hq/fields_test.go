package hq_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A wrongField is a call that is refused for one of its fields: what whoever made it reads, and the field's name.
type wrongField struct{ call, body, field, says string }

// refuses makes the calls one after the other, at one server. names are pairs: what stands in the calls and bodies, and in place of what.
func (c *cluster) refuses(all []wrongField, names ...string) {
	c.t.Helper()
	in := strings.NewReplacer(names...)
	for i, row := range all {
		method, path, _ := strings.Cut(in.Replace(row.call), " ")
		status, _, raw := c.answer(0, method, path, "wrong "+strconv.Itoa(i), in.Replace(row.body), nil)
		var p struct {
			Code                contract.Code
			Field, Detail, Hint string
		}
		if err := json.Unmarshal(raw, &p); err != nil || status != 400 || p.Code != contract.CodeBadValue || p.Hint == "" {
			c.t.Errorf("row %d, %s %.200s: got %d %s (%v), want 400 %s and what can be done", i, row.call, row.body, status, raw, err, contract.CodeBadValue)
		} else if p.Field != row.field || p.Detail != in.Replace(row.says) {
			c.t.Errorf("row %d, %s %.200s: got %q, %q, want %q, %q", i, row.call, row.body, p.Field, p.Detail, row.field, row.says)
		}
	}
}

// many is n rows of a list.
func many(n int, row string) string { return strings.TrimSuffix(strings.Repeat(row+",", n), ",") }

// TestAFieldOfWhatHeadOfficeKeepsIsRefusedInWords: settings, deliveries, sites and servers.
func TestAFieldOfWhatHeadOfficeKeepsIsRefusedInWords(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	c.must(200, 0, "PUT", po812, "", po(days()(5), 6), nil)
	c.refuses([]wrongField{
		{"PUT /v1/policy", `{"preset":"best","reason":"x"}`, "preset", `preset is "best"; it is one of fewest_parcels, nearest, protect_shops, clear_old.`},
		{"PUT /v1/policy", `{"cover_days":999,"reason":"x"}`, "cover_days", "cover_days is not 1 to 60."},
		{"PUT /v1/policy", `{"chance_percent":3,"reason":"x"}`, "chance_percent", "chance_percent is not 1, 2, 5, 10 or 20."},
		{"PUT /v1/policy", `{"cover_days":3}`, "reason", "reason is empty: say why."},
		{"PUT /v1/policy/rules", `{"rules":[{"kind":"keep","qty":1}],"reason":"x"}`, "kind", `kind is "keep"; it is never_below, keep_back, clear_out, low_stock, reorder_at or reorder_to.`},
		{"PUT /v1/policy/rules", `{"rules":[{"kind":"keep_back","category":"taps","sku":"TAP-22","qty":1}],"reason":"x"}`, "category", "category stands beside a SKU: a rule is for one or the other."},
		{"PUT /v1/policy/rules", `{"rules":[{"kind":"keep_back","category":"boats","qty":1}],"reason":"x"}`, "category", `category is "boats", which is that of no item: put it on the items first.`},
		{"PUT /v1/policy/rules", `{"rules":[{"kind":"keep_back","qty":-1}],"reason":"x"}`, "qty", "qty is not 0 to 9007199254740991."},
		{"PUT /v1/policy/sites", `{"sites":[{"site":"hull","closed_days":["fri"]}],"reason":"x"}`, "closed_days", `closed_days holds "fri"; they are sunday, monday, tuesday, wednesday, thursday, friday, saturday.`},
		{"PUT /v1/policy/sites", `{"sites":[{"site":"hull","holidays":["xmas"]}],"reason":"x"}`, "holidays", `holidays hold "xmas"; a date is 2026-12-25.`},
		{"PUT /v1/policy/sites", `{"sites":[{"site":"hull","wait_days":-1}],"reason":"x"}`, "wait_days", "wait_days is not 0 to 60."},
		{"PUT /v1/policy/sites", `{"sites":[{"site":"hull","group":"` + strings.Repeat("x", 100) + `"}],"reason":"x"}`, "group, in bytes,", "group, in bytes, is not 0 to 64."},
		{"PUT /v1/policy/sites", `{"sites":[{"site":"hull","customers_not":[""]}],"reason":"x"}`, "customers_not and classes_not", `customers_not and classes_not hold "", which is not 1 to 64 bytes.`},
		{"PUT /v1/policy/sites", `{"sites":[{"site":"hull","areas":[{"country":""}]}],"reason":"x"}`, "areas", `There is no country "".`},
		{"PUT /v1/policy/zones", `{"zones":[{"country":"GB","site":"hull","group":"north","cost":1}],"reason":"x"}`, "group", "group is given beside a site: a row is for one or the other."},
		{"PUT /v1/policy/zones", `{"zones":[{"country":"GB","group":"` + strings.Repeat("x", 100) + `","cost":1}],"reason":"x"}`, "group", "group is longer than 64 bytes."},
		{"PUT /v1/policy/presets", `{"presets":[{"channel":"web","preset":"best"}],"reason":"x"}`, "preset", `preset is "best"; it is one of fewest_parcels, nearest, protect_shops, clear_old.`},
		{"PUT /v1/policy/presets", `{"presets":[{"preset":"nearest"}],"reason":"x"}`, "class", "class and channel are both empty: the preset of all orders is a setting of its own."},
		{"PUT /v1/policy/presets", `{"presets":[{"class":"` + strings.Repeat("x", 100) + `","preset":"nearest"}],"reason":"x"}`, "class", "class or channel is longer than 64 bytes."},
		{"PUT /v1/policy/classes", `{"classes":[{"name":""}],"reason":"x"}`, "name", "name has 0 bytes; a class's has 1 to 64."},
		{"PUT /v1/policy/classes", `{"classes":[{"name":"gold"},{"name":"gold"}],"reason":"x"}`, "name", `name "gold" is listed twice.`},
		{"PUT /v1/policy/classes", `{"classes":[{"name":"gold","again":"later"}],"reason":"x"}`, "again", `again is "later"; it is one of keep_or_improve, pinned, no_more_than_now, may_move, give_up.`},
		{"PUT /v1/policy/classes", `{"classes":[{"name":"gold","again":"give_up","must_fill":true}],"reason":"x"}`, "again", `again of class "gold" is give_up, and it must be filled: it is one or the other.`},
		{"PUT /v1/policy/classes", `{"classes":[{"name":"gold","limits":[{"kind":"few","sku":"TAP-22","qty":1}]}],"reason":"x"}`, "kind", `kind is "few"; it is one of cap_day, cap_share, minimum.`},
		{"PUT /v1/policy/classes", `{"classes":[{"name":"gold","limits":[{"kind":"minimum","sku":"TAP-22","qty":0}]}],"reason":"x"}`, "qty", "qty is not 0 to 9007199254740991, and above 0 for a minimum."},
		{"PUT /v1/policy/classes", `{"classes":[{"name":"gold","limits":[{"kind":"minimum","sku":"TAP-22","qty":1},{"kind":"minimum","sku":"TAP-22","qty":2}]}],"reason":"x"}`, "limits", "limits name minimum of TAP-22 twice."},
		{"PUT /v1/policy/classes", `{"classes":[` + many(300, `{"name":"gold"}`) + `],"reason":"x"}`, "classes", "classes has 300 rows; at most 64 can be set at once."},
		{"PUT /v1/policy/classes", `{"classes":[{"name":"gold","limits":[` + many(10001, `{"kind":"minimum","sku":"TAP-22","qty":1}`) + `]}],"reason":"x"}`, "limits", "limits has 10001 rows; at most 10000 can be set at once."},
		{"PUT /v1/policy/rules", `{"rules":[` + many(10001, `{"kind":"keep_back","sku":"TAP-22","qty":1}`) + `],"reason":"x"}`, "rules", "rules has 10001 rows; at most 10000 can be set at once."},
		{"PUT /v1/policy/sites", `{"sites":[` + many(10001, `{"site":"hull"}`) + `],"reason":"x"}`, "sites", "sites has 10001 rows; at most 10000 can be set at once."},
		{"PUT /v1/policy/zones", `{"zones":[` + many(10001, `{"country":"GB","cost":1}`) + `],"reason":"x"}`, "zones", "zones has 10001 rows; at most 10000 can be set at once."},
		{"PUT /v1/policy/presets", `{"presets":[` + many(5001, `{"channel":"web","preset":"nearest"}`) + `],"reason":"x"}`, "presets", "presets has 5001 rows; at most 100 can be set at once."},
		{"PUT /v1/policy/checks", `{"checks":[` + many(5001, `{"name":"bulk","kind":"quantity","limit":1,"then":"refuse"}`) + `],"reason":"x"}`, "checks", "checks and those to be ended are 5001; one request sets 200 at most."},
		{"PUT /v1/policy/reasons", `{"reasons":[` + many(5001, `{"code":"x","way":"out"}`) + `],"reason":"x"}`, "reasons", "reasons and ends are more than 200 in one request: there are at most 100 reasons."},
		{"PUT /v1/policy/company", `{"time_zones":[` + many(10001, `{"site":"hull","time_zone":"Europe/London"}`) + `],"reason":"x"}`, "time_zones", "time_zones has 10001 rows; at most 10000 can be set at once."},
		{"PUT /v1/policy/company", `{"currency":"pounds","reason":"x"}`, "currency", "currency is not three capital letters, for example GBP."},
		{"PUT /v1/policy/checks", `{"end":["none"],"reason":"x"}`, "end", `There is no check "none".`},
		{"PUT /v1/policy/checks", `{"checks":[{"name":"bulk","kind":"quantity","limit":1,"then":"shrug"}],"reason":"x"}`, "checks.bulk.then", "checks.bulk.then is not refuse or wait."},
		{"PUT /v1/policy/checks", `{"checks":[{"name":"bulk","kind":"quantity","limit":1,"then":"wait","owner":"sales","default":"cancel","wait_for":"soon"}],"reason":"x"}`, "checks.bulk.wait_for", "checks.bulk.wait_for is no time such as 30m, 4h or 72h."},
		{"PUT /v1/policy/checks", `{"checks":[{"name":"bulk","kind":"quantity","limit":1,"category":"boats","then":"refuse"}],"reason":"x"}`, "checks.bulk.category", `No item is of the category "boats".`},
		{"PUT /v1/policy/reasons", `{"reasons":[{"code":"x","way":"out","goods":"air"}],"reason":"x"}`, "reasons.x.goods", "reasons.x.goods is not book or blocked."},
		{"PUT /v1/policy/reasons", `{"end":["none"],"reason":"x"}`, "end", "There is no reason none."},
		{"GET /v1/policy/history?cursor=aGVsbG8", ``, "cursor", "cursor is none of ours: take next_cursor of the page before, or leave it out."},
		{"POST /v1/policy/what-if", `{"under":{}}`, "under", "under is empty: nothing would be otherwise."},
		{"POST /v1/policy/what-if", `{"under":{"preset":"best"}}`, "preset", `preset is "best"; it is one of fewest_parcels, nearest, protect_shops, clear_old.`},
		{"POST /v1/policy/what-if", `{"limit":-1,"under":{"preset":"nearest"}}`, "limit", "limit is not 1 to 1000."},
		{"POST /v1/policy/what-if", `{"orders":[` + many(20001, `"x"`) + `],"under":{"preset":"nearest"}}`, "orders", "orders are more than 1000."},
		{"PUT /v1/expected/N-1", `{"supplier":"Acme","site":"hull","due":"soon","lines":[{"sku":"SINK","qty":1}]}`, "due", `due is "soon"; it is a day such as 2026-12-10.`},
		{"PUT /v1/expected/N-1", `{"supplier":"Acme","site":"hull","due":"2031-01-01","lines":[]}`, "lines", "lines has 0 lines; a delivery has 1 to 1000."},
		{"PUT /v1/expected/N-1", `{"site":"hull","due":"2031-01-01","lines":[{"sku":"SINK","qty":1}]}`, "supplier", "supplier is empty, or longer than 255 bytes."},
		{"PUT /v1/expected/N-1", `{"supplier":"Acme","site":"hull","due":"2031-01-01","lines":[{"sku":"SINK","qty":-1}]}`, "qty", "qty is -1; it must be at least 1."},
		{"POST {po}/what-if", `{"due":"2031-01-01","days_late":1}`, "days_late", "days_late is said beside due; say one of them."},
		{"POST {po}/what-if", `{"days_late":99999}`, "days_late", "days_late is more than ten years."},
		{"POST {po}/what-if", `{"cancel":true,"days_late":2}`, "cancel", "cancel is said beside due, days_late, site or lines: what does not come is neither late nor elsewhere."},
		{"POST /v1/sites", `{"site":"bath","kind":"barn"}`, "kind", "kind is not counter or warehouse."},
		{"POST /v1/sites", `{"site":"bath","kind":"counter","rank":-1}`, "rank", "rank is not 0 to 1000000."},
		{"POST /v1/sites", `{"site":"hq","kind":"counter"}`, "site", `site "hq" is head office, not a site.`},
		{"POST /v1/sites/leeds/waive", `{}`, "reason", "reason is empty: say why."},
		{"POST /v1/servers", `{"name":""}`, "name", "name is not 1 to 64 bytes."},
		{"POST /v1/servers", `{"name":"hq-2","url":"ftp://x"}`, "url", "url is not an http or https URL."},
		{"POST /v1/servers", `{"name":"hq-2","url":"http://x:1","raft_addr":"x"}`, "raft_addr", "raft_addr is not host:port, such as 10.0.0.1:7101."},
		{"GET /v1/demand?site=hull&cursor=!", ``, "cursor", "cursor is not one that a list gave: take next_cursor of the page before, or leave it out."},
		{"GET /v1/exceptions?cursor=aGVsbG8", ``, "cursor", "cursor is none of ours: take next_cursor of the page before, or leave it out."},
		{"GET /v1/exceptions?all=perhaps", ``, "all", "all is not true or false."},
		{"POST /v1/exceptions/1/resolve", `{}`, "note", "note is empty: say why."},
		{"GET /v1/erasures?cursor=aGVsbG8", ``, "cursor", "cursor is not one that a list gave: take next_cursor of the page before, or leave it out."},
		{"GET /v1/dead-letters?cursor=aGVsbG8", ``, "cursor", "cursor is none of ours: take next_cursor of the page before, or leave it out."},
		{"GET /v1/orders?read=mine", ``, "read", "read is not leader or local."},
		{"PUT /v1/erasures/rotation", `{"days":0,"reason":"x"}`, "days", "days is not 1 to 3660."},
	}, "{po}", po812)
}

// TestAFieldOfWhatHeadOfficeDoesIsRefusedInWords: orders, transfers, purchases, money, users and who is told.
func TestAFieldOfWhatHeadOfficeDoesIsRefusedInWords(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	c.must(200, 0, "PUT", "/v1/items/CASED", "", `{"name":"Cased","packs":[{"name":"CASE","units":12,"barcodes":["10416000336105"]}]}`, nil)
	var o contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k", orderOf("TAP-22", 1), &o)
	c.refuses([]wrongField{
		{"POST /v1/orders", `{"fulfil":"collect","from":"any","lines":[{"sku":"TAP-22","qty":1}]}`, "collect_at", "collect_at is empty; say where the customer collects."},
		{"POST /v1/orders/bulk", `{"orders":[]}`, "orders", "orders has 0 orders; a request has 1 to 1000."},
		{"POST /v1/orders/{id}/amend", `{}`, "version", "version is missing; an order shows its version, 1 before it was amended."},
		{"POST /v1/orders/{id}/amend", `{"version":1}`, "lines", "lines is empty, and so are ship_to and need_by; say what is to be changed."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[` + many(5001, `{"line":1,"qty":1}`) + `]}`, "lines", "lines has 5001 lines; an order has 1 to 5000."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[{"line":1}]}`, "lines[0].qty", "Line 1: qty is missing; 0 gives a line up."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[{"line":-1,"qty":1}]}`, "lines[0].line", "Line 1: line is no line of an order; leave it out to add one."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[{"line":9,"qty":1}]}`, "lines[0].line", "Line 1: line is not a line of the order, 1 to 1; leave it out to add one."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[{"line":1,"qty":1},{"line":1,"qty":2}]}`, "lines[1].line", "Line 2: line is named twice: say once what it is to be for."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[{"line":1,"sku":"SINK","qty":1}]}`, "lines[0].sku", "Line 1: sku is another one than the line has: give the line up and add one."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[{"line":1,"qty":1,"unit_price":{"amount":1,"currency":"GBP"}}]}`, "lines[0].unit_price", "Line 1: unit_price goes with a line that is added."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[{"line":1,"qty":1,"price_reason":"chipped"}]}`, "lines[0].price_reason", "Line 1: price_reason goes with the unit_price of a line that is added."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[{"sku":"SINK","qty":0}]}`, "lines[0].qty", "Line 1: qty is not 0 to 9007199254740991, and above 0 for a line that is added."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[` + many(5000, `{"sku":"SINK","qty":1}`) + `]}`, "lines", "lines has 5001 lines; at most 5000 fit in one order."},
		{"POST /v1/orders/{id}/amend", `{"version":1,"lines":[{"barcode":"10416000336105","qty":1}]}`, "lines[0].barcode", "Line 1: barcode is that of a CASE of 12; an order is amended in units: give the SKU and how many units."},
		{"POST /v1/allotments", `{"sku":"TAP-22","owner":"hull","holder":"hull","qty":1}`, "holder", "holder is the owner itself."},
		{"POST /v1/allotments", `{"sku":"TAP-22","owner":"hull","holder":"york","qty":-1}`, "qty", "qty is not 0 to 9007199254740991."},
		{"POST /v1/transfers", `{"from":"hull","to":"hull","lines":[{"sku":"TAP-22","qty":1}]}`, "to", "to is the site that the goods come from."},
		{"POST /v1/transfers", `{"from":"no no","to":"hull","lines":[{"sku":"TAP-22","qty":1}]}`, "from", `from is "no no", which is no site's name.`},
		{"POST /v1/transfers", `{"from":"hull","to":"york","lines":[]}`, "lines", "lines has 0 lines; a transfer has 1 to 1000."},
		{"POST /v1/transfers", `{"from":"hull","to":"york","lines":[{"sku":"TAP-22","qty":0}]}`, "lines[0].qty", "Line 1: qty is 0; it must be 1 to 9007199254740991."},
		{"POST /v1/transfers", `{"id":".T-1","from":"hull","to":"york","lines":[{"sku":"TAP-22","qty":1}]}`, "id", "id begins with a dot."},
		{"PUT /v1/purchases/PO-9", `{"supplier":"","site":"hull","due":"2031-01-01","lines":[{"sku":"SINK","qty":1}]}`, "supplier", "supplier is empty, or longer than 255 bytes."},
		{"PUT /v1/purchases/PO-9", `{"supplier":"Acme","site":"hull","due":"2031-01-01","lines":[]}`, "lines", "lines has 0 lines; a purchase order has 1 to 1000."},
		{"GET /v1/drop-shipments?delivery_note=D-1", ``, "delivery_note", "delivery_note is asked for together with the reference that the supplier was given."},
		{"PUT /v1/assets/credit:ACME", `{"limit":-1}`, "amount", "amount is below zero: the least is 0."},
		{"PUT /v1/assets/credit:ACME", `{"limit":9223372036854775807}`, "amount", "amount is beyond all bounds."},
		{"POST /v1/assets/credit:ACME/pay", `{"amount":100}`, "reference", "reference is empty: say what the bank calls the payment, so that it is taken once."},
		{"POST /v1/assets/credit:ACME/pay", `{"amount":0,"reference":"B-1"}`, "amount", "amount is 0: say how much was paid."},
		{"POST /v1/assets/credit:ACME/pay", `{"amount":-5,"reference":"B-1"}`, "reason", "reason is empty: say why a payment is taken back."},
		{"POST /v1/assets/card:GC-1/pay", `{"amount":100,"reference":"B-1"}`, "asset", "asset is no account: only what was bought on account is paid for."},
		{"POST /v1/customers/bulk", `{"customers":[]}`, "customers", "customers has 0; a request has 1 to 1000."},
		{"POST /v1/webhooks", `{"to":"","events":["order.ready"],"reason":"x"}`, "to", "to is empty, or longer than 512 bytes."},
		{"POST /v1/webhooks", `{"to":"ftp://x","events":["order.ready"],"reason":"x"}`, "to", "to is neither https nor mailto nor customer:."},
		{"POST /v1/webhooks", `{"to":"https://","events":["order.ready"],"reason":"x"}`, "to", "to is no address. Give an https URL, mailto: and a mailbox, or customer: for the customer of each order."},
		{"POST /v1/webhooks", `{"to":"https://u:p@x/","events":["order.ready"],"reason":"x"}`, "to", "to has a user or a password in it, which would be kept in the clear: the signature says who sends."},
		{"POST /v1/webhooks", `{"to":"https://x/#top","events":["order.ready"],"reason":"x"}`, "to", "to has a # in it, which is never sent."},
		{"POST /v1/webhooks", `{"to":"https://x/\u0007","events":["order.ready"],"reason":"x"}`, "to", "to has a control character in it."},
		{"POST /v1/webhooks", `{"to":"http://example.com/","events":["order.ready"],"reason":"x"}`, "to", "to is http, so that everybody on the way could read and change it. Give an https URL; http is for this machine alone (127.0.0.1)."},
		{"POST /v1/webhooks", `{"to":"mailto:nobody","events":["order.ready"],"reason":"x"}`, "to", "to is no mailbox. Give one such as mailto:orders@example.com."},
		{"POST /v1/webhooks", `{"to":"mailto:o@example.com","events":["order.ready"],"reason":"x"}`, "to", "to is a mailbox, and head office sends no mail: start its servers with --smtp."},
		{"POST /v1/webhooks", `{"to":"https://x/","events":["order.ready"],"secret":"abc","reason":"x"}`, "secret", "secret does not begin with whsec_. Leave it out, and one is made."},
		{"POST /v1/webhooks", `{"to":"https://x/","events":["order.ready"],"secret":"whsec_abc","reason":"x"}`, "secret", "secret is not whsec_ and 24 to 64 bytes in base64. Leave it out, and one is made."},
		{"POST /v1/webhooks/w/resend", `{"events":["one"],"reason":"x"}`, "events", "events has one that is no id of an event, such as evt_ and 32 hexadecimal digits: take it from the list of what could not be told."},
	}, "{id}", string(o.ID))
}
