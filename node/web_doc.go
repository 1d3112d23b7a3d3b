package node

import (
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What the OpenAPI document says of each call of routes, in the order of that table.

func docHealth() contract.Route {
	return contract.Route{Summary: "Whether the process lives", Open: true, Answers: text("It does")}
}

func docReady() contract.Route {
	return contract.Route{Summary: "Whether orders can be taken", Open: true, Answers: text("They can"), Codes: []contract.Code{contract.CodeNotReady}}
}

func docMetrics() contract.Route {
	return contract.Route{Summary: "Figures in the Prometheus format", Answers: text("The figures")}
}

func docOpenAPI() contract.Route {
	return contract.Route{Summary: "This document", Open: true, Answers: []contract.Answer{{Status: http.StatusOK, About: "OpenAPI 3.1", Media: "application/json"}}}
}

func docStatus() contract.Route {
	return contract.Route{Summary: "The site in a few figures", Answers: ok("The status", contract.NodeStatus{}), Codes: listCodes()}
}

func docEvents() contract.Route {
	return contract.Route{Summary: "What happens, as server-sent events: status and entry. An entry's id is EPOCH.SEQ; Last-Event-ID goes on after it",
		Query:   []contract.Param{{Name: "only", About: "status or entries"}},
		Answers: []contract.Answer{{Status: http.StatusOK, About: "The stream", Media: "text/event-stream"}}, Codes: append(listCodes(), contract.CodeTrimmed)}
}

func docEntries() contract.Route {
	return contract.Route{Summary: "The journal, from a place on",
		Query:   append(pageParams(), contract.Param{Name: "after", About: "EPOCH.SEQ; entries behind it are given. Without it the list begins with the first entry that is here"}),
		Answers: ok("Entries. trimmed_seq says that those up to there have left the journal; the archive has them", contract.EntryList{}),
		Codes:   append(listCodes(), contract.CodeTrimmed)}
}

func docBackup() contract.Route {
	return contract.Route{Summary: "A copy of all that makes up this node, as of now, for holdfast restore; its tokens are in it, so a session is not enough. One at a time",
		Answers: []contract.Answer{{Status: http.StatusOK, About: "The backup. It is whole only if its last record is there", Media: "application/octet-stream"}},
		Codes:   append(listCodes(), contract.CodeForbidden, contract.CodeNotOpened, contract.CodeBookStopped, contract.CodeBusy)}
}

func docSearchItems() contract.Route {
	return contract.Route{Summary: "Items whose SKU, name, barcode, category, supplier or attributes hold q, or that have the barcode",
		Query:   append(pageParams(), contract.Param{Name: "q", About: "at most 100 bytes"}, contract.Param{Name: "barcode", About: "any scan of the article: its digits, elements as (01)...(10)... or with FNC1 (%1D), scanner data with its symbology identifier, a Digital Link URI, or a code of your own; scan says what else it said"}),
		Answers: ok(fmt.Sprintf("Items. A page has at most %d, whatever limit says, and may still not be the last", itemsMost), contract.ItemList{}), Codes: listCodes()}
}

func docItem() contract.Route {
	return contract.Route{Summary: "One item", Answers: ok("The item", contract.Item{}), Codes: []contract.Code{contract.CodeNotFound}}
}

func docItemPrice() contract.Route {
	return contract.Route{Summary: "What an item costs a customer",
		Query:   []contract.Param{{Name: "qty", About: "units; left out: 1"}, {Name: "group", About: "the customer's; left out: of none"}, {Name: "at", About: "a day, or a moment; left out: now"}},
		Answers: ok("The price. A row of the customer's own group comes before one for everybody, then the largest quantity that is reached, then the one that began last, then the lower price; the item's own price where no row holds", contract.PriceAnswer{}),
		Codes:   append(listCodes(), contract.CodeNotFound, contract.CodeNoPrice)}
}

func docPutItem() contract.Route {
	return contract.Route{Summary: "Keep an item; at a standalone node only", Request: contract.ItemRequest{}, Answers: ok("The item", contract.Item{}),
		Codes: []contract.Code{contract.CodeOwnedByHQ, contract.CodeBarcodeTaken, contract.CodeNotSupported, contract.CodeUnknownSKU, contract.CodeIsKit, contract.CodeBookStopped}}
}

func docPutItems() contract.Route {
	return contract.Route{Summary: "Keep many items; at a standalone node only", Key: contract.KeyTaken, Request: contract.BulkItems{},
		Answers: ok(contract.AboutBulkItems, contract.BulkItemsAnswer{}), Codes: []contract.Code{contract.CodeOwnedByHQ, contract.CodeBookStopped}}
}

func docStock() contract.Route {
	return contract.Route{Summary: "A SKU's figures here, and how certain a promise would be",
		Query:   []contract.Param{{Name: "only", About: "here: head office is not asked"}},
		Answers: ok("The figures", contract.NodeStock{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docReceive() contract.Route {
	return contract.Route{Summary: "Take goods in. With close, by whoever may close a purchase order", Key: contract.KeyRequired, Request: contract.ReceiptRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: "They are in", Body: contract.Receipt{}}},
		Codes:   append(writeCodes(), contract.CodeUnknownSKU, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeIsKit, contract.CodeKeyMissing, contract.CodeLotNeeded, contract.CodeLotWrong, contract.CodeOverDelivery, contract.CodeNoteBooked, contract.CodePurchaseState, contract.CodeChangedSince)}
}

func docAdjust() contract.Route {
	return contract.Route{Summary: "Book units that were found, or that are gone", Key: contract.KeyRequired, Request: contract.AdjustmentRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: "They are booked", Body: contract.Adjustment{}}},
		Codes:   append(writeCodes(), contract.CodeUnknownSKU, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeIsKit, contract.CodeKeyMissing)}
}

func docCount() contract.Route {
	return contract.Route{Summary: "Say what was counted in some bins, as they stood at a position of this book; what differs is adjusted. With preview nothing is changed",
		Key: contract.KeyRequired, Request: contract.CountRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: "It is booked", Body: contract.Count{}},
			{Status: http.StatusOK, About: "A preview: what would be booked", Body: contract.Count{}}},
		Codes: append(writeCodes(), contract.CodeUnknownSKU, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeIsKit, contract.CodeKeyMissing, contract.CodeCountOutdated, contract.CodeRecountNeeded)}
}

func docCountSheet() contract.Route {
	return contract.Route{Summary: "What is to be counted, by bin and then by SKU. Count a bin when you have its sheet before you, and send at back with what you found",
		Query: append(pageParams(), contract.Param{Name: "bin", About: "only this bin"}, contract.Param{Name: "sku", About: "only this SKU; one that lies nowhere has a row of 0"},
			contract.Param{Name: "category", About: "only items of this category"},
			contract.Param{Name: "moved_since", About: "EPOCH.SEQ, a time, or a day of this site's: only what has moved since, and was not counted since"},
			contract.Param{Name: "blind", About: "true: without what the book expects"}),
		Answers: ok("The sheet", contract.CountSheet{}), Codes: listCodes()}
}

func docListOrders() contract.Route {
	return contract.Route{Summary: "Orders that this site owns",
		Query: append(pageParams(), contract.Param{Name: "status", About: "one of an order's"},
			contract.Param{Name: "since", About: "taken at or after this time or day"}, contract.Param{Name: "newest", About: "true: newest first"}),
		Answers: ok("Orders. A page may have fewer than limit, and still not be the last: one look reads a bounded number", contract.OrderList{}), Codes: listCodes()}
}

func docPlaceOrder() contract.Route {
	return contract.Route{Summary: "Place an order. An order with an id of its own may come without a key", Key: contract.KeyTaken, Request: contract.OrderRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: "Accepted. With durable it waits 10 s at most for shared (owner is the same here) or archived, and not at all while the line is down; the order stands all the same, and ack says what was reached.", Body: contract.Order{}}},
		Codes: append(writeCodes(), contract.CodeUnknownSKU, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack, contract.CodeUnknownSite, contract.CodeKeyMissing, contract.CodeNotSupported,
			contract.CodeStockShort, contract.CodeAssetShort, contract.CodeOrderExists, contract.CodeDraftsFull, contract.CodeApprovalNeeded)}
}

func docPlaceBulk() contract.Route {
	return contract.Route{Summary: "Place many orders, each standing alone with its own key", Key: contract.KeyTaken, Request: contract.BulkRequest{},
		Answers: ok("What each one got", contract.BulkAnswer{}), Codes: writeCodes()}
}

func docOrder() contract.Route {
	return contract.Route{Summary: "An order that this site owns", Answers: ok("The order", contract.Order{}), Codes: []contract.Code{contract.CodeNotFound}}
}

func docCancelOrder() contract.Route {
	return contract.Route{Summary: "Cancel what is not handed over; passed on to the order's owner", Key: contract.KeyRequired,
		Answers: ok("The order as it stands", contract.Order{}),
		Codes: append(writeCodes(), contract.CodeNotFound, contract.CodeKeyMissing, contract.CodeOrderCanceled, contract.CodeOrderCompleted,
			contract.CodeOwnerUnreachable)}
}

func docAmendOrder() contract.Route {
	return contract.Route{Summary: "Say where an order can be amended: head office amends its own, a site's book none", Key: contract.KeyRequired,
		Request: contract.AmendRequest{}, Codes: append(writeCodes(), contract.CodeKeyMissing, contract.CodeNotAmendable)}
}

func docTakeBack() contract.Route {
	return contract.Route{Summary: "Take goods back, with a receipt (order) or without. They stay blocked until somebody has looked, who may say at once what is done with them. " +
		"Of another site's order the goods are taken in and the claim is pending until that book has answered by head office, which GET of the return shows; sku is needed on its lines. " +
		"Only goods are dealt with: no money is paid by it",
		Key: contract.KeyRequired, Request: contract.ReturnRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: "They are in", Body: contract.Return{}}},
		Codes: append(writeCodes(), contract.CodeUnknownSKU, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeKeyMissing, contract.CodeNotFound,
			contract.CodeIsKit, contract.CodeInProgress, contract.CodeOverReturned)}
}

func docListReturns() contract.Route {
	return contract.Route{Summary: "Returns with which something is still to be done: the claim is pending, or units are blocked",
		Query:   append(pageParams(), contract.Param{Name: "status", About: "pending, received or inspected; left out: all of these"}),
		Answers: ok("Returns, by id", contract.ReturnList{}), Codes: listCodes()}
}

func docReturn() contract.Route {
	return contract.Route{Summary: "One return as it stands, closed ones too", Answers: ok("The return", contract.Return{}), Codes: []contract.Code{contract.CodeNotFound}}
}

func docInspectReturn() contract.Route {
	return contract.Route{Summary: "Say what is done with returned goods: restock (free like goods in), block, scrap, or hand_back. A unit is restocked, scrapped or handed back once",
		Key: contract.KeyRequired, Request: contract.InspectRequest{}, Answers: ok("The return after it", contract.Return{}),
		Codes: append(writeCodes(), contract.CodeKeyMissing, contract.CodeNotFound, contract.CodeReturnState)}
}

func docPage() contract.Route {
	return contract.Route{Summary: "The page for people; asks to sign in", Answers: html("The page")}
}

func docAsset() contract.Route {
	return contract.Route{Summary: "What the page is made of", Answers: []contract.Answer{{Status: http.StatusOK, About: "The file", Media: "*/*"}},
		Codes: []contract.Code{contract.CodeNotFound}}
}

func docSignIn() contract.Route {
	return contract.Route{Summary: "Sign in to the page with the owner's token, as a form", Open: true,
		Answers: []contract.Answer{{Status: http.StatusSeeOther, About: "Signed in"}, {Status: http.StatusUnauthorized, About: "The token is wrong", Media: "text/html"}},
		Codes:   []contract.Code{contract.CodeBodyTooLarge}}
}

func docSignOut() contract.Route {
	return contract.Route{Summary: "Sign out of the page", Open: true, Answers: []contract.Answer{{Status: http.StatusSeeOther, About: "Signed out"}}}
}

func ok(about string, body any) []contract.Answer {
	return []contract.Answer{{Status: http.StatusOK, About: about, Body: body}}
}

func text(about string) []contract.Answer {
	return []contract.Answer{{Status: http.StatusOK, About: about, Media: "text/plain"}}
}

func html(about string) []contract.Answer {
	return []contract.Answer{{Status: http.StatusOK, About: about, Media: "text/html"}}
}

func pageParams() []contract.Param {
	return []contract.Param{{Name: "cursor", About: "next_cursor of the page before"}, {Name: "limit", About: "1 to 1000; default 100", Integer: true}}
}

func listCodes() []contract.Code {
	return []contract.Code{contract.CodeUnknownField, contract.CodeBadValue}
}

// writeCodes may be answered by every call that writes to the book.
func writeCodes() []contract.Code {
	return []contract.Code{contract.CodeQuarantined, contract.CodeNotOpened, contract.CodeDiskFull, contract.CodeBookStopped}
}
