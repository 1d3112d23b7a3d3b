package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What is wrong with what is said of picking, packing and handing over.
func TestAFieldOfTheFloorIsRefusedInWords(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		s.put("MELON", `{"name":"Melon","barcodes":["5012345678900"],"tracking":"lot"}`)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MELON","qty":5,"lot":"L1","expiry":"2000-06-30"}]}`), 201)
		_, part := s.part(t, `{"fulfil":"deliver",`+line("TAP-22", 4)+`}`)
		as[contract.FulfilmentAnswer](t, s.post(part+"/pick", `{"lines":[{"line":1,"qty":3}]}`), 200)
		as[contract.FulfilmentAnswer](t, s.post(part+"/pack", `{"contents":[{"sscc":"340123450000000000","lines":[{"line":1,"qty":2}]},{"sscc":"350123450700000026","lines":[{"line":1,"qty":1}]}]}`), 200)
		s.refuses(t, []wrongField{
			{"POST {part}/pick", `{"lines":[]}`, "lines", "lines has 0 lines; a pick has 1 to 5000."},
			{"POST {part}/pick", `{"lines":[{"line":1,"qty":1},{"line":1,"qty":1}]}`, "lines[1].line", "Line 2: line is named twice: say it once, with all of its units."},
			{"POST {part}/pick", `{"lines":[{"line":1,"qty":-1}]}`, "lines[0].qty", "Line 1: qty is not 0 to 9007199254740991."},
			{"POST {part}/pick", `{"lines":[{"line":1,"qty":0}]}`, "lines[0].qty", "Line 1: qty is 0: leave the line out, or say how many."},
			{"POST {part}/reject", `{}`, "reason", "reason is empty: say why it cannot be served."},
			{"POST {part}/reject", `{"reason":"broken","lines":[]}`, "lines", "lines is empty; leave it out to reject all that is left."},
			{"POST {part}/reject", `{"reason":"broken","lines":[{"line":1,"qty":0}]}`, "lines[0].qty", "Line 1: qty is not above 0."},
			{"POST {part}/pack", `{"lines":[]}`, "lines", "lines has 0 lines; it has 1 to 5000, or is left out for all."},
			{"POST {part}/pack", `{"cartons":["340123450000000000"],"contents":[{"sscc":"340123450000000000"}]}`, "cartons", "cartons is given beside contents; give one of the two."},
			{"POST {part}/pack", `{"cartons":["340123450000000000","350123450700000026"]}`, "cartons", "cartons names 2; say by contents what lies in which."},
			{"POST {part}/pack", `{"lines":[{"line":1,"qty":1}],"contents":[{"lines":[{"line":1,"qty":1}]},{"lines":[{"line":1,"qty":1}]}]}`, "lines", "lines stand beside several cartons; give each carton its own lines."},
			{"POST {part}/pack", `{"contents":[` + many(101, `{"lines":[{"line":1,"qty":1}]}`) + `]}`, "contents", "contents has more than 100 cartons."},
			{"POST {part}/pack", `{"contents":[{"lines":[{"line":1,"qty":1}]},{}]}`, "contents[1].lines", "contents[1].lines is empty: say what lies in this carton."},
			{"POST {part}/pack", `{"contents":[{"sscc":"340123450000000000","weight_g":-1,"lines":[{"line":1,"qty":1}]}]}`, "weight_g", "weight_g is not 0 to 100000000."},
			{"POST {part}/pack", `{"contents":[{"lines":[{"line":1,"qty":1}]}]}`, "cartons", "cartons need a number: say the carton's SSCC, or give the node numbers of its own (holdfast node --gs1-prefix)."},
			{"POST {part}/pack", `{"contents":[{"sscc":"360123450000000001","lines":[{"line":1,"qty":1}]},{"sscc":"360123450000000001","lines":[{"line":1,"qty":1}]}]}`, "cartons", `cartons has "360123450000000001", which is no SSCC: 360123450000000001 ends with the check digit 1, and the digits before it call for 8.`},
			{"POST {part}/pack", `{"lines":[{"line":1,"qty":1,"lots":[` + many(20001, `{"lot":"L1"}`) + `]}]}`, "lots", "lots are more than 20000."},
			{"POST {part}/repack", `{"lines":[{"line":1,"qty":1}]}`, "cartons", "cartons are missing: say out of which carton, into which, or both, and not the same."},
			{"POST {part}/repack", `{"from":"340123450000000000","into":{"sscc":"340123450000000000"}}`, "cartons", "cartons are missing: say out of which carton, into which, or both, and not the same."},
			{"POST {part}/ready", `{"lines":[]}`, "lines", "lines has 0 lines; it has 1 to 5000, or is left out for all."},
			{"POST {part}/dispatch", `{"carrier":"` + strings.Repeat("x", 300) + `"}`, "carrier", "carrier is longer than 128 bytes."},
			{"POST {part}/dispatch", `{"check":[{"qty":1}]}`, "lines[0].barcode", "Line 1: barcode is empty: scan the article."},
			{"POST {part}/dispatch", `{"check":[` + many(5001, `{"barcode":"50TAP-22"}`) + `]}`, "check", "check has 5001 scans; at most 5000."},
			{"POST {part}/dispatch", `{"cartons":["1"]}`, "cartons", `cartons has "1", which is no SSCC: "1" is not 18 digits.`},
			{"POST {part}/dispatch", `{"cartons":["340123450000000001"]}`, "cartons", `cartons has "340123450000000001", which is no SSCC: 340123450000000001 ends with the check digit 1, and the digits before it call for 0.`},
			{"POST {part}/collect", `{}`, "code", "code is empty: ask the customer for it."},
			{"POST {part}/undelivered", `{}`, "reason", "reason is empty: say why it could not be delivered."},
			{"POST {part}/come-back", `{"bin":"a b"}`, "bin", "bin has ' ' in it."},
			{"POST /v1/pick-lists", `{}`, "picker", "picker is empty: say who goes."},
			{"POST /v1/pick-lists", `{"picker":"olga","minutes":481}`, "minutes", "minutes is not 1 to 480."},
			{"POST /v1/pick-lists", `{"picker":"olga","orders":101}`, "orders", "orders is not 1 to 100."},
			{"POST /v1/pick-lists", `{"picker":"olga","fulfilments":[]}`, "fulfilments", "fulfilments has 0; it has 1 to 100, or is left out."},
			{"POST /v1/pick-lists", `{"picker":"olga","fulfilments":["no"]}`, "fulfilments", `fulfilments names "no", number 1, of which nothing is to be picked here.`},
			{"POST /v1/carriers/Carrier/manifest/strike", `{"shipment":1}`, "reason", "reason is empty: say why its carrier has not taken it."},
			{"GET /v1/drop-shipments?delivery_note=D-1", ``, "delivery_note", "delivery_note is asked for together with the reference that the supplier was given."},
		}, "{part}", part)
	})
}

// What is wrong with money that is taken, given back or counted.
func TestAFieldAboutMoneyIsRefusedInWords(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		sold := as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"TAP-22","qty":2}]}`), 201)
		later := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect","lines":[{"sku":"TAP-22","qty":1}]}`), 201)
		euro := as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"CLIP","qty":1,"unit_price":{"amount":100,"currency":"EUR"}}]}`), 201)
		s.opened(t)
		as[contract.Payments](t, s.post("/v1/payments", `{"order":"`+string(sold.ID)+`","till":"T1","tenders":[{"tender":"cash","given":5000}]}`), 201)
		s.refuses(t, []wrongField{
			{"POST /v1/drawers/T2/open", `{"float":1,"currency":"EUR"}`, "currency", "currency is EUR; the tills of this site take GBP."},
			{"POST /v1/drawers/T1/pay-in", `{"amount":100}`, "reason", "reason is missing: say what the cash is for."},
			{"POST /v1/drawers/T1/pay-in", `{"amount":0,"reason":"change"}`, "amount", "amount is 0; it is 1 to 1000000000000 minor units."},
			{"POST /v1/drawers/T1/pay-in", `{"amount":-1,"reason":"change"}`, "amount", "amount is -1; it is 0 or more minor units."},
			{"POST /v1/drawers/T1/close", `{"counted":-1}`, "counted", "counted is -1; it is 0 or more minor units."},
			{"POST /v1/payments", `{"order":"no","till":"T1","total":100,"tenders":[{"tender":"cash"}]}`, "order", "order is no order's id: take it from the receipt, or look the order up."},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","total":100,"tenders":[]}`, "tenders", "tenders has 0 tenders; an order is paid with 1 to 100."},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","total":100,"tenders":[{"tender":"cash"},{"tender":"card","ref":"A1"}]}`, "amount", "amount is left out of more than one tender; one of them can pay what the others leave due."},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","total":100,"tenders":[{"tender":"shells"}]}`, "tenders[0].tender", `Tender 1: tender is "shells"; it is cash, card, account, gift_card or store_credit.`},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","total":100,"tenders":[{"tender":"cash","ref":"A1"}]}`, "tenders[0].ref", "Tender 1: ref goes with a card."},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","total":100,"tenders":[{"tender":"card","ref":"A1","given":100}]}`, "tenders[0].given", "Tender 1: given goes with cash: leave it out."},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","total":100,"tenders":[{"tender":"card"}]}`, "tenders[0].ref", "Tender 1: ref is not 1 to 64 bytes: give the reference of the terminal's slip."},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","total":100,"tenders":[{"tender":"cash","amount":-1}]}`, "tenders[0].amount", "Tender 1: amount is below 0: what is given back is a refund."},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","total":-1,"tenders":[{"tender":"cash"}]}`, "total", "total is -1; it is 1 to 1000000000000 minor units."},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","tenders":[{"tender":"cash"}]}`, "total", "total is missing: this book does not know what the order costs."},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","total":100,"currency":"EUR","tenders":[{"tender":"cash"}]}`, "currency", "currency is EUR; the tills of this site take GBP."},
			{"POST /v1/payments", `{"order":"{euro}","till":"T1","tenders":[{"tender":"cash"}]}`, "currency", "currency of the order is EUR; the tills of this site take GBP."},
			{"POST /v1/payments", `{"order":"{paid}","till":"T1","total":100,"tenders":[{"tender":"gift_card","ref":"a b"}]}`, "tenders[0].ref", "Tender 1: ref is not 1 to 40 letters, digits and . _ -."},
			{"POST /v1/payments", `{"for":"credit:ACME","till":"T1","tenders":[{"tender":"cash"}]}`, "total", "total is missing: say how much is paid on the account, or put on the card."},
			{"POST /v1/payments", `{"for":"credit:ACME","till":"T1","total":100,"deposit":true,"tenders":[{"tender":"cash"}]}`, "deposit", "deposit goes with an order: what is paid on an account, or put on a card, is paid in full."},
			{"POST /v1/payments", `{"for":"credit:ACME","order":"{later}","till":"T1","total":100,"tenders":[{"tender":"cash"}]}`, "order", "order is an order's id: give the payment one of its own."},
			{"POST /v1/payments", `{"for":"money","till":"T1","total":100,"tenders":[{"tender":"cash"}]}`, "asset", "asset does not begin with credit:, card:, promo: or risk:."},
			{"POST /v1/refunds", `{"order":"{sold}","till":"T1","tenders":[{"number":1,"amount":1}]}`, "reason", "reason is missing: say why money is given back."},
			{"POST /v1/refunds", `{"order":"{sold}","till":"T1","reason":"broken","tenders":[]}`, "tenders", "tenders has 0 tenders; a refund is of 1 to 100."},
			{"POST /v1/refunds", `{"order":"{sold}","till":"T1","reason":"broken","tenders":[{"number":1,"amount":1},{"number":1,"amount":1}]}`, "tenders[1].tender", "Tender 2: tender is named twice: add the amounts up."},
			{"POST /v1/refunds", `{"order":"{sold}","till":"T1","reason":"broken","tenders":[{"number":1,"amount":-1}]}`, "tenders[0].amount", "Tender 1: amount is below 0: say how much is given back."},
			{"POST /v1/refunds", `{"order":"{sold}","till":"T1","reason":"broken","tenders":[{"number":1,"amount":1,"ref":"A1"}]}`, "tenders[0].ref", "Tender 1: ref goes with a card."},
			{"POST /v1/refunds", `{"order":"no","till":"T1","reason":"broken","tenders":[{"number":1,"amount":1}]}`, "order", "order is no order's id: take it from the receipt, or look the order up."},
			{"POST /v1/refund-claims", `{"order":"{sold}","till":"T1","reason":"broken","amount":1}`, "order", "order is this site's own: give back what was paid here by its tenders."},
			{"POST /v1/refund-claims", `{"order":"no","till":"T1","reason":"broken","amount":1}`, "order", "order is no order's id: take it from the receipt, or look the order up."},
			{"POST /v1/refund-claims", `{"order":"{paid}","till":"T1","reason":"broken","amount":0}`, "amount", "amount is 0; it is 1 to 1000000000000 minor units."},
			{"POST /v1/refund-claims", `{"order":"{paid}","till":"T1","reason":"broken","amount":1}`, "order", "order is not one of this site, which stands alone: there is no head office to ask for another site's."},
			{"POST /v1/exchanges", `{"sale":{"lines":[{"sku":"TAP-22","qty":1}]},"lines":[{"sku":"TAP-22","qty":1}],"reason":"size","till":"T1"}`, "order", "order is no order's id: take it from the receipt, or look the order up."},
			{"POST /v1/exchanges", `{"sale":{"fulfil":"collect","lines":[{"sku":"TAP-22","qty":1}]},"order":"{sold}","lines":[{"line":1,"qty":1}],"reason":"size","till":"T1"}`, "sale", "sale is not taken along: order what is to be collected or sent by itself."},
			{"POST /v1/exchanges", `{"sale":{"lines":[{"sku":"TAP-22","qty":1}]},"order":"{sold}","lines":[{"line":1,"qty":1}],"till":"T1"}`, "reason", "reason is missing: say why goods are exchanged."},
			{"POST /v1/exchanges", `{"sale":{"lines":[{"sku":"TAP-22","qty":1}]},"order":"{sold}","lines":[{"line":1,"qty":1}],"reason":"size","till":"T1","refund":[{"number":1,"amount":1}]}`, "refund", "refund is not due: the goods that are sold cost as much as those that came back, or more."},
			{"POST /v1/exchanges", `{"sale":{"lines":[{"sku":"PIPE","qty":1}]},"order":"{sold}","lines":[{"line":1,"qty":1}],"reason":"size","till":"T1","refund":[{"number":1,"amount":1}]}`, "refund", "refund is of 1 minor units, and 1215 are to be given back: say of which tenders of the order."},
			{"POST /v1/exchanges", `{"sale":{"lines":[{"sku":"TAP-22","qty":1}]},"order":"{sold}","lines":[{"line":1,"qty":1}],"reason":"size","till":"T1","credit":999999}`, "credit", "credit is 999999; no more than 1298 was paid here for what comes back."},
			{"GET /v1/days/no", ``, "day", "day is no number of a day, and not now."},
			{"POST /v1/assets/card:GC-1/charge", `{"reference":"R-1","amount":0}`, "amount", "amount is 0; it must be at least 1."},
			{"POST /v1/assets/money:GC-1/charge", `{"reference":"R-1","amount":1}`, "asset", "asset does not begin with credit:, card:, promo: or risk:."},
		}, "{sold}", string(sold.ID), "{later}", string(later.ID), "{euro}", string(euro.ID), "{paid}", paidOrder)
	})
}

// What is wrong with the first drawer of a site.
func TestAFieldOfADrawerIsRefusedInWords(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.refuses(t, []wrongField{
			{"POST /v1/drawers/T1/open", `{"float":-1,"currency":"GBP"}`, "float", "float is -1; it is 0 or more minor units."},
			{"POST /v1/drawers/T1/open", `{"float":9007199254740992,"currency":"GBP"}`, "amount", "amount is 9007199254740992; it is 0 to 1000000000000 minor units."},
			{"POST /v1/drawers/T1/open", `{"float":1}`, "currency", "currency is missing: say it when the first drawer of a site is opened, for example GBP."},
			{"POST /v1/drawers/T1/open", `{"float":1,"currency":"pounds"}`, "currency", "currency is not three upper-case letters, for example GBP."},
			{"POST /v1/drawers/T1/open", `{"float":1,"currency":"GBP","smallest_coin":-5}`, "smallest_coin", "smallest_coin is -5; the smallest coin is worth 0 to 1000000000000 minor units."},
		})
	})
}

// What is wrong with an item, a customer, a user or a setting.
func TestAFieldOfWhatIsKeptIsRefusedInWords(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		s.refuses(t, []wrongField{
			{"PUT /v1/items/NEW", `{"name":""}`, "name", "name is empty: say what the article is called."},
			{"PUT /v1/items/NEW", `{"name":"` + strings.Repeat("x", 300) + `"}`, "name", "name is longer than 200 bytes."},
			{"PUT /v1/items/NEW", `{"name":"New","tracking":"colour"}`, "tracking", `tracking is "colour"; it is one of none, lot, serial.`},
			{"PUT /v1/items/NEW", `{"name":"New","category":"` + strings.Repeat("x", 300) + `"}`, "category", "category is longer than 64 bytes."},
			{"PUT /v1/items/NEW", `{"name":"New","barcodes":[` + many(33, `"1"`) + `]}`, "barcodes", "barcodes has more than 32 codes."},
			{"PUT /v1/items/NEW", `{"name":"New","barcodes":["5012345678901"]}`, "barcodes[0]", "barcodes[0] is 5012345678901: 13 digits are read as a GTIN, and this one ends with 1 where 0 is right. A code of your own has a letter in it, or another number of digits."},
			{"PUT /v1/items/NEW", `{"name":"New","barcodes":[""]}`, "barcodes[0]", "barcodes[0] is empty: scan it, or leave it out."},
			{"PUT /v1/items/NEW", `{"name":"New","price":{"amount":1,"currency":"GBP","tax":"some"}}`, "price.tax", `price.tax is "some"; it is one of included, excluded.`},
			{"PUT /v1/items/NEW", `{"name":"New","packs":[{"name":"EACH","units":1}]}`, "packs[0].units", "packs[0].units is 1, which is the unit itself: leave this pack out, or say how many units are in it."},
			{"PUT /v1/items/NEW", `{"name":"New","attributes":{"":"red"}}`, "attributes", "attributes has one without a name: say what it tells apart, such as colour."},
			{"PUT /v1/items/NEW", `{"name":"New","attributes":{"colour":""}}`, "attributes.colour", "attributes.colour is empty: say what it is, or leave it out."},
			{"PUT /v1/items/NEW", `{"name":"New","packs":[{"name":"TWO WORDS","units":2}]}`, "packs[0].name", "packs[0].name is not one word of 1 to 32 bytes, such as CASE."},
			{"PUT /v1/items/NEW", `{"name":"New","packs":[{"name":"CASE","units":2},{"name":"case","units":3}]}`, "packs[1].name", "packs[1].name is case, which packs[0] is called already."},
			{"PUT /v1/items/NEW", `{"name":"New","packs":[` + many(40, `{"name":"CASE","units":2}`) + `]}`, "packs", "packs has 40; at most 16."},
			{"PUT /v1/items/NEW", `{"name":"New","packs":[{"name":"CASE","units":2,"barcodes":[` + many(33, `"1"`) + `]}]}`, "packs[0].barcodes", "packs[0].barcodes has more than 32 codes."},
			{"PUT /v1/items/NEW", `{"name":"New","barcodes":["416000336108"],"packs":[{"name":"CASE","units":2,"barcodes":["416000336108"]}]}`, "packs[0].barcodes[0]", "packs[0].barcodes[0] is 416000336108, which is on the item itself already: a scan could not tell which of the two it is."},
			{"PUT /v1/items/NEW", `{"name":"New","packs":[{"name":"CASE","units":2,"barcodes":["416000336108"]},{"name":"BOX","units":4,"barcodes":["416000336108"]}]}`, "packs[1].barcodes[0]", "packs[1].barcodes[0] is 416000336108, which is on CASE already: a scan could not tell which of the two it is."},
			{"PUT /v1/items/NEW", `{"name":"New","kit":[` + many(101, `{"sku":"TAP-22","qty":1}`) + `]}`, "kit", "kit has 101 components; at most 50."},
			{"PUT /v1/items/NEW", `{"name":"New","kit":[{"sku":"a b","qty":1}]}`, "kit[0].sku", "kit[0].sku is not a SKU."},
			{"PUT /v1/items/NEW", `{"name":"New","kit":[{"sku":"NEW","qty":1}]}`, "kit[0].sku", "kit[0].sku is the kit itself."},
			{"PUT /v1/items/NEW", `{"name":"New","kit":[{"sku":"TAP-22","qty":0}]}`, "kit[0].qty", "kit[0].qty is 0; a kit has 1 to 9007199254740991 whole units of a component."},
			{"PUT /v1/items/NEW", `{"name":"New","kit":[{"sku":"TAP-22","qty":1},{"sku":"TAP-22","qty":1}]}`, "kit[1].sku", "kit[1].sku is TAP-22 again; give it once, with all that a kit has of it."},
			{"PUT /v1/items/NEW", `{"name":"New","substitutes":["NEW"]}`, "substitutes[0]", "substitutes[0] is not the SKU of another item, given once."},
			{"PUT /v1/items/NEW", `{"name":"New","substitutes":[` + many(200, `"TAP-22"`) + `]}`, "substitutes", "substitutes has 200; at most 32."},
			{"PUT /v1/items/NEW", `{"name":"New","variant_of":"NEW"}`, "variant_of", "variant_of is not the SKU of another item."},
			{"PUT /v1/items/NEW", `{"name":"New","warranty_months":-1}`, "warranty_months", "warranty_months is not 0 to 1200."},
			{"PUT /v1/items/NEW", `{"name":"New","shelf_life_days":-1}`, "shelf_life_days", "shelf_life_days is not 0 to 36500."},
			{"PUT /v1/items/NEW", `{"name":"New","least_days":-1}`, "least_days", "least_days is not 0 to 36500."},
			{"PUT /v1/items/NEW", `{"name":"New","lead_time_days":-1}`, "lead_time_days", "lead_time_days is not 0 to 36500."},
			{"PUT /v1/items/NEW", `{"name":"New","unit":"` + strings.Repeat("x", 100) + `"}`, "unit", "unit is longer than 64 bytes."},
			{"PUT /v1/items/NEW", `{"name":"New","drop_ship":true}`, "drop_ship", "drop_ship needs a supplier that sends it, and is no kit."},
			{"PUT /v1/items/NEW", `{"name":"New","tax_rate_ppm":20000000}`, "tax_rate_ppm", "tax_rate_ppm is not 0 to 10000000; 200000 is 20 %."},
			{"PUT /v1/items/NEW", `{"name":"New","home_bins":{"leeds":"a b"}}`, "home_bins.leeds", `home_bins.leeds is "a b", which is no bin: 1 to 32 letters, digits, dots, hyphens and underscores, such as A-01.`},
			{"PUT /v1/items/NEW", `{"name":"New","home_bins":{"Leeds":"A-1"}}`, "home_bins", `home_bins names "Leeds", which is no name of a site.`},
			{"PUT /v1/items/NEW", `{"name":"New","kit":[{"sku":"TAP-22","qty":1}],"home_bins":{"leeds":"A-1"}}`, "home_bins", "home_bins are of what is stocked: a kit lies in no bin, nor does what its supplier sends."},
			{"PUT /v1/items/NEW", `{"name":"New","prices":[{"min_qty":-1,"price":{"amount":1,"currency":"GBP"}}]}`, "prices[0].min_qty", "prices[0].min_qty is not 0 to 9007199254740991."},
			{"PUT /v1/items/NEW", `{"name":"New","prices":[{"from":"soon","price":{"amount":1,"currency":"GBP"}}]}`, "prices[0].from", "prices[0].from is not a day such as 2026-11-30."},
			{"PUT /v1/items/NEW", `{"name":"New","prices":[{"from":"2000-02-01","until":"2000-01-01","price":{"amount":1,"currency":"GBP"}}]}`, "prices[0].until", "prices[0].until is 2000-01-01, before 2000-02-01, when the price begins."},
			{"PUT /v1/items/NEW", `{"name":"New","prices":[{"group":"` + strings.Repeat("x", 100) + `","price":{"amount":1,"currency":"GBP"}}]}`, "prices[0].group", "prices[0].group is longer than 64 bytes."},
			{"PUT /v1/items/NEW", `{"name":"New","prices":[{}]}`, "prices[0].price", "prices[0].price is missing: say what it costs, or leave the row out."},
			{"PUT /v1/items/NEW", `{"name":"New","prices":[{"price":{"amount":-1,"currency":"GBP"}}]}`, "prices[0].price.amount", "prices[0].price.amount is not 0 to 9007199254740991."},
			{"PUT /v1/items/NEW", `{"name":"New","cost":{"amount":1,"currency":"GBP","tax":"included"}}`, "cost", "cost has an amount, a per or a currency that is none, or says something of tax: it is without."},
			{"PUT /v1/items/NEW", `{"name":"New","prices":[` + many(1001, `{"price":{"amount":1,"currency":"GBP"}}`) + `]}`, "prices", "prices has 1001 rows; at most 100."},
			{"POST /v1/items/bulk", `{"items":[]}`, "items", "items has 0 items; a request has 1 to 1000."},
			{"PUT /v1/customers/C-1", `{"name":"` + strings.Repeat("x", 300) + `"}`, "name", "name is longer than 200 bytes."},
			{"PUT /v1/customers/.C-1", `{"name":"Miller"}`, "customer", "customer begins with a dot."},
			{"PUT /v1/customers/C-1", `{"name":"Miller","terms_days":-1}`, "terms_days", "terms_days is not 0 to 3650."},
			{"PUT /v1/customers/C-1", `{"name":"Miller","least_days":-1}`, "least_days", "least_days is not 0 to 36500."},
			{"PUT /v1/customers/C-1", `{"name":"Miller","addresses":[` + many(101, `{"label":"a"}`) + `]}`, "addresses", "addresses are more than 50."},
			{"PUT /v1/customers/C-1", `{"name":"Miller","addresses":[{"label":"home"},{"label":"home"}]}`, "addresses", `addresses has two with the label "home".`},
			{"PUT /v1/customers/C-1", `{"name":"Miller","addresses":[{"label":"home","lines":["1","2","3","4","5","6","7","8","9","10","11"]}]}`, "addresses", "addresses home has more than 6 lines."},
			{"PUT /v1/customers/C-1", `{"name":"Miller","addresses":[{"label":"home","lines":["` + strings.Repeat("x", 300) + `"]}]}`, "addresses[0]", "addresses[0] is longer than 200 bytes."},
			{"PUT /v1/customers/C-1", `{"name":"Miller","addresses":[{"label":"home","country":"Gb"}]}`, "country", "country of address home is not two capital letters."},
			{"PUT /v1/customers/C-1", `{"name":"Miller","addresses":[{"label":""}]}`, "label", "label is empty."},
			{"PUT /v1/customers/C-1", `{}`, "name", "name is empty: say what the customer is called."},
			{"PUT /v1/users/anna", `{"kind":"robot","name":"Anna"}`, "kind", "kind is not person, program or device."},
			{"PUT /v1/users/anna", `{"kind":"person","name":"Anna","pin":"1"}`, "pin", "pin is not 4 to 12 digits."},
			{"PUT /v1/users/anna", `{"kind":"person","name":"Anna","roles":["king"]}`, "roles", `roles has "king"; there are cashier, supervisor, picker, stock_controller, office, auditor, administrator.`},
			{"PUT /v1/users/anna", `{"kind":"person","name":"Anna","expires_at":"2031-01-01T00:00:00Z"}`, "expires_at", "expires_at and new_token go with a program or a device: a person signs in."},
			{"PUT /v1/users/p-1", `{"kind":"program","name":"P","expires_at":"soon"}`, "expires_at", "expires_at is no moment such as 2027-01-31T18:00:00Z."},
			{"PUT /v1/users/anna", `{"kind":"person","name":"` + strings.Repeat("x", 300) + `"}`, "name", "name is longer than 128 bytes."},
			{"PUT /v1/users/anna", `{"kind":"person","name":"Anna","disabled":"` + strings.Repeat("x", 300) + `"}`, "disabled", "disabled is longer than 128 bytes."},
			{"PUT /v1/users/anna", `{"kind":"person","name":"Anna","scope":[` + many(200, `"look"`) + `]}`, "scope", "scope goes with a program: a person has roles, and signs in."},
			{"PUT /v1/users/anna", `{"kind":"person","name":"Anna","sites":["a b"]}`, "site", "site has ' ' in it."},
			{"PUT /v1/policy/company", `{"currency":"pounds","time_zones":[]}`, "currency", "currency is not three capital letters, for example GBP."},
			{"PUT /v1/policy/company", `{"currency":"GBP","time_zones":[{"site":"leeds","time_zone":"Leeds"}]}`, "time_zones", `time_zones has "Leeds" for leeds, which is no time zone; give one such as Europe/London.`},
			{"PUT /v1/policy/checks", `{"checks":[{"name":"bulk","kind":"colour","then":"wait"}]}`, "checks.bulk.kind", "checks.bulk.kind is \"colour\", which is none; it is one of address, customer_unknown, customer_blocked, credit, below_cost, quantity, value, unpriced."},
			{"PUT /v1/policy/checks", `{"checks":[{"name":"bulk","kind":"quantity","limit":1,"then":"shrug"}]}`, "checks.bulk.then", "checks.bulk.then is not refuse or wait."},
			{"PUT /v1/policy/checks", `{"checks":[{"name":"bulk","kind":"quantity","limit":1,"then":"wait","default":"keep"}]}`, "checks.bulk.default", "checks.bulk.default is not release or cancel."},
			{"PUT /v1/policy/checks", `{"checks":[{"name":"bulk","kind":"quantity","limit":1,"then":"wait","owner":"sales","default":"cancel","wait_for":"soon"}]}`, "checks.bulk.wait_for", "checks.bulk.wait_for is no time such as 30m, 4h or 72h."},
			{"PUT /v1/policy/checks", `{"checks":[{"name":"bulk","kind":"quantity","limit":-1,"then":"refuse"}]}`, "checks.bulk.limit", "checks.bulk.limit is not 0 to 9007199254740991."},
			{"PUT /v1/policy/checks", `{"checks":[{"name":"bulk","kind":"quantity","then":"refuse"}]}`, "checks.bulk.limit", "checks.bulk.limit is missing: a check of quantity needs one."},
			{"PUT /v1/policy/reasons", `{"reasons":[{"code":"dropped","way":"sideways"}]}`, "reasons.dropped.way", "reasons.dropped.way is \"sideways\", which is none; it is one of in, out, both."},
			{"PUT /v1/policy/reasons", `{"reasons":[{"code":"dropped","way":"out","goods":"air"}]}`, "reasons.dropped.goods", "reasons.dropped.goods is not book or blocked."},
			{"PUT /v1/policy/reasons", `{"reasons":[{"code":"two words","way":"out"}]}`, "code", "code has ' ' in it."},
		})
	})
}
