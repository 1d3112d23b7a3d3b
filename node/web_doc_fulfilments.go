package node

import "github.com/holdfast-stock/holdfast/sync/contract"

func docListFulfilments() contract.Route {
	return contract.Route{Summary: "Parts of orders that this site serves, by order: its own orders' and other books'",
		Query: append(pageParams(), contract.Param{Name: "status", About: "one of a fulfilment's; left out, those with which there is something to do: to pick, pack, hand over or put back. " +
			"collected lists the site's own orders only, dispatched ones whose parcels are all delivered among them"}),
		Answers: ok("Fulfilments. A page may be empty and have a next one", contract.FulfilmentList{}), Codes: listCodes()}
}

func docFulfilment() contract.Route {
	return contract.Route{Summary: "One part of an order that this site serves", Answers: ok("The fulfilment", contract.SiteFulfilment{}), Codes: []contract.Code{contract.CodeNotFound}}
}

func docPickFulfilment() contract.Route {
	r := docDeed("Say what came of a pick. What was found is picked; what was not found is not offered again until a count finds it, and is served from elsewhere. "+
		"A line's barcode is held against its article", contract.PickRequest{})
	r.Codes = append(r.Codes, contract.CodeWrongScan, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeLotNeeded, contract.CodeLotWrong)
	return r
}

func docRejectFulfilment() contract.Route {
	return docDeed("Refuse to serve a fulfilment, or some of it, with a reason. What lies on the shelf is free again, what is in hand once it is put back, and it is served from elsewhere",
		contract.RejectRequest{})
}

func docPackFulfilment() contract.Route {
	return docDeed("Say that what is picked, or some of it, is packed", contract.PackRequest{})
}

func docRepackFulfilment() contract.Route {
	return docDeed("Say that what is packed was taken out of a carton, or laid into another one, before it leaves", contract.RepackRequest{})
}

func docDispatchFulfilment() contract.Route {
	r := docDeed("Say that a carrier has taken what is packed, or some of it. What was promised of it is kept by that, and cannot be cancelled any more. "+
		"What was scanned as it leaves is held against what leaves", contract.DispatchPartRequest{})
	r.Codes = append(r.Codes, contract.CodeWrongScan, contract.CodeUnknownBarcode, contract.CodeBarcodeShared, contract.CodeUnknownPack)
	return r
}

func docReadyFulfilment() contract.Route {
	return docDeed("Say that the customer may come for what is packed or picked, or some of it. The answer has the code that the customer brings: one for the fulfilment", contract.ReadyRequest{})
}

func docCollectFulfilment() contract.Route {
	return docDeed("Hand over what is ready, or some of it, to a customer who brings the code. It is handed over once", contract.CollectRequest{})
}

func docDeliverFulfilment() contract.Route {
	return docDeed("Say that the carrier has delivered what is on the way, or some of it", contract.DeliverRequest{})
}

func docUndeliveredFulfilment() contract.Route {
	return docDeed("Say that the carrier could not deliver what is on the way, or some of it, and brings it back", contract.UndeliveredRequest{})
}

func docCameBackFulfilment() contract.Route {
	r := docDeed("Say that what was not delivered, or some of it, is here again: a return of the order, which counts it as returned. It is blocked until somebody has looked at it",
		contract.CameBackRequest{})
	r.Codes = append(r.Codes, contract.CodeOverReturned)
	return r
}

func docPutBackFulfilment() contract.Route {
	return docDeed("Say that what is in hand lies in a bin again: of a cancelled order it is free by that, of another it is to be picked anew", contract.PutBackRequest{})
}

// docDeed describes what hands have done with a fulfilment.
func docDeed(summary string, request any) contract.Route {
	return contract.Route{Summary: summary, Key: contract.KeyRequired, Request: request,
		Answers: ok("What became of the lines", contract.FulfilmentAnswer{}), Codes: fulfilCodes()}
}

func fulfilCodes() []contract.Code {
	return append(writeCodes(), contract.CodeNotFound, contract.CodeKeyMissing, contract.CodeOrderState)
}
