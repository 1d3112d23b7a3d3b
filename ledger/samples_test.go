package ledger_test

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/ledger/runs"
)

// The samples use every field at least once, so that a golden file pins each of them.

var sampleMoment = time.Date(2026, 1, 5, 8, 30, 15, 250e6, time.UTC)

func fill16(seed byte) (b [16]byte) {
	for i := range b {
		b[i] = seed + byte(i)
	}
	return b
}

func fill32(seed byte) (b [32]byte) {
	for i := range b {
		b[i] = seed + byte(3*i)
	}
	return b
}

func sampleOrder() ledger.Order {
	return ledger.Order{
		ID: oid("golden"), Serial: 42, Owner: "leeds", External: "WEB-77", Channel: "counter", Fulfil: ledger.Collect,
		Anywhere: true, CollectAt: "leeds", ShipTo: ledger.Address{Country: "GB", Postcode: "LS1 4DY", LatE6: 53_796_000, LonE6: -1_547_000},
		Lines: []ledger.Line{
			{SKU: "TAP-22", Qty: 5, Price: ledger.Price{Money: ledger.Money{Amount: 1299, Currency: "GBP"}, Per: 10, Tax: "included"},
				Here: 2, Away: []ledger.Leg{{Site: "hull", Qty: 1}, {Site: "york", Qty: 1}}, Backordered: 1},
			{SKU: "PIPE/15+3#m", Qty: 1 << 40, Taken: 3, Canceled: true},
		},
		Shortage: ledger.Backorder, Complete: true, NeedBy: "2026-02-01", Customer: "C-9", Class: "trade", Priority: 7,
		TakenAt: sampleMoment, Status: ledger.StatusBackordered, Wait: ledger.WaitHQ, Offline: true,
	}
}

// sampleUnconfirmed is an order that was taken without a promise for all of it.
func sampleUnconfirmed() ledger.Order {
	o := sampleOrder()
	o.Shortage, o.Status = ledger.Confirm, ledger.StatusUnconfirmed
	o.Lines[0].Unconfirmed, o.Lines[1].Canceled, o.Lines[1].Declined = 1, false, 7
	return o
}

// sampleSent is an order of which another site has handed some over.
func sampleSent() ledger.Order {
	o := sampleOrder()
	o.Lines[0].Away, o.Lines[0].Taken, o.Lines[0].Sent = o.Lines[0].Away[:1], 1, []ledger.Leg{{Site: "york", Qty: 1}}
	return o
}

// sampleDrop is an order of which a supplier sends a line.
func sampleDrop() ledger.Order {
	o := sampleOrder()
	l := &o.Lines[0]
	l.Here, l.Away, l.Backordered, l.Taken, l.Over = 0, nil, 0, 2, 1
	l.Drop = &ledger.DropShip{Supplier: "Oak & Co", LeadDays: 10, Cost: ledger.Price{Money: ledger.Money{Amount: 900, Currency: "GBP"}, Per: 1}, Due: "2026-12-10", Open: 2, Confirmed: 1, Sent: 3, Back: 1, Reason: "no oak left"}
	l.Returned = 1
	return o
}

func sampleCommand() ledger.HQCommand {
	return ledger.HQCommand{H: ledger.Incarnation{Counter: 3, Random: fill16(9)}, Number: 12, Hash: fill32(5), ID: "leeds/1/44/0",
		Kind: ledger.CommandReserve, Order: oid("golden"), Owner: "leeds", Site: "hull",
		Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}, {Line: 2, SKU: "PIPE/15+3#m", Qty: 1}}}
}

func sampleEntries() map[string]*ledger.Entry {
	o, unconfirmed, sent, back, draft := sampleOrder(), sampleUnconfirmed(), sampleSent(), sampleBack(), sampleDraft()
	dropSample, heard := sampleDrop(), sampleDrop()
	heard.Lines[0].Drop.Off, heard.Lines[0].Drop.Heard = 1, 2
	promoted := sampleOrder()
	promoted.Uses = []ledger.AssetID{"promo:SPRING"}
	ask := ledger.AskID{Site: "leeds", Epoch: 2, Seq: 44}
	shorts := []ledger.Short{{Line: 1, SKU: "TAP-22", Want: 5, Have: 4}}
	reserve := []ledger.Posting{
		{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Available}, Qty: -2},
		{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Reserved, Ref: string(o.ID), Line: 1}, Qty: 2},
	}
	goods := []ledger.Posting{
		{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Supplier, Ref: "DN-1"}, Qty: -7},
		{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Sellable, Ref: "A-01"}, Qty: 7},
		{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Stock}, Qty: -7},
		{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Allotted, Ref: "hq"}, Qty: 7},
	}
	all := map[string]*ledger.Entry{
		"opened":    {Kind: ledger.KindOpened, Body: &ledger.OpenedBody{Counter: true, Standalone: true, Boot: fill16(1)}},
		"boot":      {Kind: ledger.KindBoot, Body: &ledger.BootBody{Boot: fill16(2)}},
		"receipt":   {Kind: ledger.KindReceipt, Ref: "r-1", Postings: goods, Body: &ledger.ReceiptBody{ID: "r-1", Reference: "DN-1"}},
		"placed":    {Kind: ledger.KindPlaced, Ref: string(o.ID), Postings: reserve, Body: &ledger.OrderBody{Order: o, Shorts: shorts}},
		"refused":   {Kind: ledger.KindRefused, Ref: string(o.ID), Body: &ledger.OrderBody{Order: o, Shorts: shorts, Refusal: ledger.RefusedShort}},
		"asked":     {Kind: ledger.KindAsked, Ref: string(o.ID), Postings: reserve, Body: &ledger.OrderBody{Order: o, Ask: ask, AskKey: fill16(3), AskRequest: fill16(4), Shorts: shorts}},
		"accepted":  {Kind: ledger.KindAskAccepted, Ref: string(o.ID), Body: &ledger.OrderBody{Order: o, Ask: ask}},
		"abandoned": {Kind: ledger.KindAskAbandoned, Ref: string(o.ID), Body: &ledger.OrderBody{Order: o, Ask: ask, Dropped: true}},
		"canceled":  {Kind: ledger.KindCanceled, Ref: string(o.ID), Postings: reserve, Body: &ledger.OrderBody{Order: o}},
		"obeyed": {Kind: ledger.KindObeyed, Ref: "leeds/1/44/0", Body: &ledger.ObeyedBody{Command: sampleCommand(),
			Done: sampleCommand().Lines, Order: &o}},
		"obeyed_not": {Kind: ledger.KindObeyed, Ref: "leeds/1/44/0", Body: &ledger.ObeyedBody{Command: sampleCommand(),
			Refused: ledger.RefusedNotAllotted, Repeat: true}},
		"filled":         {Kind: ledger.KindFilled, Ref: string(o.ID), Postings: reserve, Body: &ledger.OrderBody{Order: o}},
		"adopted":        {Kind: ledger.KindAdopted, Body: &ledger.AdoptedBody{H: ledger.Incarnation{Counter: 3, Random: fill16(9)}}},
		"opened_rebuilt": {Kind: ledger.KindOpened, Body: &ledger.OpenedBody{Counter: true, Boot: fill16(1), Rebuilt: true}},
		"placed_in_hand": {Kind: ledger.KindPlaced, Ref: string(o.ID), Postings: reserve, Body: &ledger.OrderBody{Order: o,
			Draws: sampleDraws(), InHand: true, Approver: "beth", Displaced: sampleDisplaced()}},
		"attested": {Kind: ledger.KindAttested, Body: &ledger.AttestedBody{H: ledger.Incarnation{Counter: 3, Random: fill16(9)}, Digest: fill16(6),
			Rebuilt: true, Moved: []ledger.SKU{"PIPE/15+3#m", "TAP-22"}}},
		"late": {Kind: ledger.KindLate, Ref: string(o.ID), Postings: reserve, Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindPlaced, Order: &o,
			Refusal: ledger.RefusedExists, Missing: shorts, Displaced: sampleDisplaced(), Draws: sampleDraws(), Approver: "beth"}},
		"late_receipt": {Kind: ledger.KindLate, Ref: "r-1", Postings: goods, Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindReceipt,
			Receipt: ledger.ReceiptBody{ID: "r-1", Reference: "DN-1"}, Reason: "counted",
			Lines: []ledger.AdjustLine{{SKU: "TAP-22", Bin: "A-01", Qty: -3, Short: 1}}}},
		"adjusted": {Kind: ledger.KindAdjusted, Ref: "DN-1", Postings: goods, Body: &ledger.AdjustedBody{Reason: "water damage", Approver: "beth",
			Lines:     []ledger.AdjustLine{{SKU: "TAP-22", Bin: "A-01", Qty: -3, Short: 1}, {SKU: "PIPE/15+3#m", Qty: 2}},
			Displaced: sampleDisplaced()}},
		"approved": {Kind: ledger.KindAdjusted, Actor: "ann", Device: "till-1", Approver: "beth", Ref: "DN-1", Postings: goods, Body: &ledger.AdjustedBody{Reason: "water damage",
			Lines: []ledger.AdjustLine{{SKU: "TAP-22", Bin: "A-01", Qty: -3}}}},
		"adjusted_blocked": {Kind: ledger.KindAdjusted, Ref: "damaged", Postings: goods, Body: &ledger.AdjustedBody{Reason: "damaged", Approver: "beth",
			Lines: []ledger.AdjustLine{{SKU: "TAP-22", Bin: "A-01", Qty: -3, Short: 1, Blocked: true}, {SKU: "PIPE/15+3#m", Bin: "A-01", Qty: 2}}}},
		"displaced": {Kind: ledger.KindDisplaced, Ref: string(o.ID), Postings: reserve, Body: &ledger.OrderBody{Order: o, Displaced: sampleDisplaced()}},
		"obeyed_lose": {Kind: ledger.KindObeyed, Ref: "hull/2/7/lose/0", Body: &ledger.ObeyedBody{Command: sampleLose(),
			Done: sampleLose().Lines, Order: &o}},
		"obeyed_release": {Kind: ledger.KindObeyed, Ref: "hull/2/7/3.0", Body: &ledger.ObeyedBody{Command: sampleRelease(),
			Done: sampleRelease().Lines}},
		"obeyed_write_off": {Kind: ledger.KindObeyed, Ref: "leeds/1/44/0", Body: &ledger.ObeyedBody{Command: sampleWriteOff(),
			Done: sampleCommand().Lines}},
		"placed_unconfirmed": {Kind: ledger.KindPlaced, Ref: string(o.ID), Postings: reserve, Body: &ledger.OrderBody{Order: sampleUnconfirmed(), Shorts: shorts}},
		"review":             {Kind: ledger.KindReview, Ref: string(draft.ID), Body: &ledger.OrderBody{Order: sampleReviewed()}},
		"draft":              {Kind: ledger.KindDraft, Ref: string(draft.ID), Body: &ledger.OrderBody{Order: draft}},
		"money":              {Kind: ledger.KindMoney, Body: &ledger.WordsBody{Words: ledger.WordsMoney}},
		"words":              {Kind: ledger.KindWords, Body: &ledger.WordsBody{Words: ledger.WordsConfirm}},
		"obeyed_decline": {Kind: ledger.KindObeyed, Ref: "golden/decline", Body: &ledger.ObeyedBody{Command: sampleDecline(),
			Done: sampleDecline().Lines, Order: &unconfirmed}},
		"picked": {Kind: ledger.KindPicked, Ref: string(o.ID), Postings: reserve, Body: &ledger.LegBody{Owner: "leeds", Order: &o,
			Lines: []ledger.LegLine{{Line: 1, SKU: "TAP-22", Qty: 1, Short: 4, Again: 3}}}},
		"rejected": {Kind: ledger.KindRejected, Ref: string(o.ID), Postings: reserve, Body: &ledger.LegBody{Owner: "york", Reason: "the lift is broken",
			Lines: []ledger.LegLine{{Line: 2, SKU: "PIPE/15+3#m", Qty: 9}}}},
		"rejected_not": {Kind: ledger.KindRejected, Ref: string(o.ID), Body: &ledger.LegBody{Owner: "leeds", Reason: "no", Refusal: ledger.RefusedShort,
			Lines: []ledger.LegLine{{Line: 1, SKU: "TAP-22", Qty: 5}}, Shorts: shorts, Order: &o}},
		"picked_in_hand": {Kind: ledger.KindPicked, Ref: string(o.ID), Postings: reserve, Body: &ledger.LegBody{Owner: "york", InHand: true,
			Lines: []ledger.LegLine{{Line: 1, SKU: "TAP-22", Qty: 2, Short: 1}}}},
		"picked_why": {Kind: ledger.KindPicked, Ref: string(o.ID), Postings: reserve, Body: &ledger.LegBody{Owner: "york", InHand: true,
			Lines: []ledger.LegLine{{Line: 1, SKU: "TAP-22", Qty: 2, Short: 1, Why: "not-found"}, {Line: 2, SKU: "TAP-22", Short: 2, Why: "damaged"}, {Line: 3, SKU: "TAP-22", Short: 1, Why: "not-found"}}}},
		"leg_prepared": {Kind: ledger.KindPrepared, Ref: string(o.ID), Body: &ledger.WorkBody{Deed: ledger.DeedPack, Owner: "york", State: ledger.FulfilPacked, Cartons: []string{"340123450000000000"},
			Moves: []ledger.StageMove{{Line: 1, SKU: "TAP-22", From: ledger.StagePicked, To: ledger.StagePacked, Qty: 2}}}},
		"leg_packed": {Kind: ledger.KindPrepared, Ref: string(o.ID), Body: &ledger.WorkBody{Deed: ledger.DeedPack, Owner: "york", State: ledger.FulfilPacked, Boxes: sampleCartons(),
			Moves: []ledger.StageMove{{Line: 1, SKU: "TAP-22", From: ledger.StagePicked, To: ledger.StagePacked, Qty: 2}}}},
		"leg_handed_over": {Kind: ledger.KindHandedOver, Ref: string(o.ID), Postings: reserve, Body: &ledger.WorkBody{Deed: ledger.DeedDispatch, Owner: "leeds", State: ledger.FulfilDispatched,
			Moves: []ledger.StageMove{{Line: 1, SKU: "TAP-22", From: ledger.StagePacked, To: ledger.StageOnTheWay, Qty: 2}}, Ship: ledger.Shipment{Carrier: "Royal Mail", Service: "48", Tracking: "AB 1"}, Order: &sent}},
		"leg_shipped": {Kind: ledger.KindHandedOver, Ref: string(o.ID), Body: &ledger.WorkBody{Deed: ledger.DeedDispatch, Owner: "york", State: ledger.FulfilDispatched, Shipped: 9,
			Ship: ledger.Shipment{Carrier: "PostHaste", Service: "24", Tracking: "PH1"}, Moves: []ledger.StageMove{{Line: 1, SKU: "TAP-22", From: ledger.StagePacked, To: ledger.StageOnTheWay, Qty: 2}}}},
		"drop_ship": {Kind: ledger.KindDropShip, Ref: string(dropSample.ID), Body: &ledger.DropBody{Deed: ledger.DropSend, Supplier: "Oak & Co", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}, Note: "DN 7",
			Ship: ledger.Shipment{Carrier: "Post", Service: "48h", Tracking: "T1"}, By: "olga", Order: &dropSample, Over: 1}},
		"drop_ship_named": {Kind: ledger.KindDropShip, Ref: string(dropSample.ID), Body: &ledger.DropBody{Deed: ledger.DropSend, Supplier: "Oak & Co", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 1}}, Note: "DN 8",
			By: "olga", Order: &dropSample, Named: true}},
		"drop_ship_refused": {Kind: ledger.KindDropShip, Ref: string(dropSample.ID), Body: &ledger.DropBody{Deed: ledger.DropConfirm, Supplier: "Oak & Co", Due: "2026-12-10", Reason: "late", By: "olga", Order: &dropSample, Later: true,
			Refusal: ledger.RefusedDrop, Shorts: shorts}},
		"late_drop_ship": {Kind: ledger.KindLate, Ref: string(heard.ID), Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindDropShip, Order: &heard,
			Drop: &ledger.DropBody{Deed: ledger.DropSend, Supplier: "Oak & Co", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 1}}, Note: "DN 9", By: "olga", Named: true}}},
		"manifest": {Kind: ledger.KindManifest, Ref: "PostHaste", Body: &ledger.ManifestBody{Act: ledger.ManifestClose, Carrier: "PostHaste", Number: 3, Day: "2026-12-10", From: 7, To: 11,
			Struck: []uint64{8, 10}, Strikes: 5, By: "olga"}},
		"manifest_struck": {Kind: ledger.KindManifest, Ref: "PostHaste", Body: &ledger.ManifestBody{Act: ledger.ManifestStrike, Carrier: "PostHaste", Number: 3, Day: "2026-12-10",
			Struck: []uint64{8, 10}, Strikes: 5, Shipment: 10, Reason: "the box broke", By: "olga", Still: true}},
		"leg_followed": {Kind: ledger.KindFollowed, Ref: string(o.ID), Body: &ledger.WorkBody{Deed: ledger.DeedFail, Owner: ledger.HQ, Reason: "nobody in", State: ledger.FulfilUndelivered,
			Moves: []ledger.StageMove{{Line: 1, SKU: "TAP-22", From: ledger.StageOnTheWay, To: ledger.StageUndelivered, Qty: 1}}}},
		"leg_put_back_not": {Kind: ledger.KindPutBack, Ref: string(o.ID), Body: &ledger.WorkBody{Deed: ledger.DeedPutBack, Owner: "leeds", State: ledger.FulfilReserved, Refusal: ledger.RefusedStage, Shorts: shorts}},
		"leg_ready": {Kind: ledger.KindPrepared, Ref: string(o.ID), Body: &ledger.WorkBody{Deed: ledger.DeedReady, Owner: "leeds", Code: "004711", State: ledger.FulfilReady,
			Moves: []ledger.StageMove{{Line: 1, SKU: "TAP-22", From: ledger.StagePacked, To: ledger.StageReady, Qty: 2}}}},
		"late_left": {Kind: ledger.KindLate, Ref: string(o.ID), Postings: reserve, Body: &ledger.LateBody{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: 4}, Was: ledger.KindHandedOver,
			Work: &ledger.WorkBody{Deed: ledger.DeedCollect, Owner: "york", Moves: []ledger.StageMove{{Line: 1, SKU: "TAP-22", To: ledger.StageCollected, Qty: 2}}}}},
		"counted": {Kind: ledger.KindCounted, Ref: "counted", Postings: goods, Body: &ledger.AdjustedBody{Reason: "counted", Approver: "beth",
			Lines: []ledger.AdjustLine{{SKU: "TAP-22", Bin: "A-01", Qty: -3, Short: 1}}, Displaced: sampleDisplaced(), Count: sampleCount()}},
		"counted_not": {Kind: ledger.KindCounted, Ref: "counted", Body: &ledger.AdjustedBody{Reason: "counted", Count: sampleCountRefused()}},
		"late_counted": {Kind: ledger.KindLate, Ref: "counted", Postings: goods, Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindAdjusted,
			Reason: "counted", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Bin: "A-01", Qty: -3, Short: 1}}, Count: sampleCount()}},
		"transfer_asked":      {Kind: ledger.KindTransferAsked, Ref: "T-1", Body: &ledger.TransferBody{Transfer: sampleTransfer(ledger.TransferAsked)}},
		"transfer_reserved":   {Kind: ledger.KindTransferReserved, Ref: "T-1", Postings: reserve, Body: &ledger.TransferBody{Transfer: sampleTransfer(ledger.TransferReserved)}},
		"transfer_dispatched": {Kind: ledger.KindTransferDispatched, Ref: "T-1", Postings: goods, Body: &ledger.TransferBody{Transfer: sampleTransfer(ledger.TransferDispatched)}},
		"transfer_received": {Kind: ledger.KindTransferReceived, Ref: "T-1", Postings: goods, Body: &ledger.TransferBody{Transfer: sampleTransfer(ledger.TransferReceived),
			Displaced: sampleDisplaced()}},
		"lot_held": {Kind: ledger.KindLot, Ref: "LOT7", Postings: goods, Body: &ledger.LotBody{Act: ledger.LotHeld, SKU: "TAP-22", Lot: "LOT7", Reason: "glass in it",
			Displaced: sampleDisplaced()}, Lots: sampleLots()},
		"receipt_lots":     {Kind: ledger.KindReceipt, Ref: "r-1", Postings: goods, Body: &ledger.ReceiptBody{ID: "r-1", Reference: "DN-1"}, Lots: sampleLots()},
		"purchase":         {Kind: ledger.KindPurchase, Ref: "PO 900", Body: samplePurchase()},
		"purchase_slips":   {Kind: ledger.KindPurchase, Ref: "PO 900", Body: sampleSlips()},
		"late_purchase":    {Kind: ledger.KindLate, Ref: "PO 900", Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindPurchase, Purchase: samplePurchase()}},
		"obeyed_purchase":  {Kind: ledger.KindObeyed, Ref: "purchase/cancel/PO 900", Body: &ledger.ObeyedBody{Command: samplePurchaseCommand(), Purchase: sampleSlips()}},
		"transfer_cartons": {Kind: ledger.KindTransferDispatched, Ref: "T-1", Postings: goods, Body: &ledger.TransferBody{Transfer: sampleCartonWay()}},
		"transfer_lots":    {Kind: ledger.KindTransferDispatched, Ref: "T-1", Postings: goods, Body: &ledger.TransferBody{Transfer: sampleLotWay()}},
		"transfer_not":     {Kind: ledger.KindTransferReserved, Ref: "T-1", Body: &ledger.TransferBody{Transfer: sampleTransfer(0), Refusal: ledger.RefusedShort, Shorts: shorts}},
		"obeyed_transfer": {Kind: ledger.KindObeyed, Ref: "transfer/T-1/settle", Postings: goods, Body: &ledger.ObeyedBody{Command: sampleSettle(), Done: sampleSettle().Lines,
			Transfer: new(sampleTransfer(ledger.TransferSettled)), Displaced: sampleDisplaced()}},
		"late_transfer": {Kind: ledger.KindLate, Ref: "T-1", Postings: goods, Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindTransferDispatched,
			Transfer: new(sampleTransfer(ledger.TransferDispatched)), Displaced: sampleDisplaced()}},
		"receipt_packs": {Kind: ledger.KindReceipt, Ref: "r-1", Postings: goods, Body: &ledger.ReceiptBody{ID: "r-1", Reference: "DN-1",
			Packs: []ledger.PackedLine{{Line: 1, SKU: "TAP-22", Packed: ledger.Packed{Name: "CASE", Units: 7, Count: 1}}}}},
		"receipt_note": {Kind: ledger.KindReceipt, Ref: "r-1", Postings: goods, Body: &ledger.ReceiptBody{ID: "r-1", Reference: "PO 900", Delivered: sampleDelivered()}},
		"late_receipt_note": {Kind: ledger.KindLate, Ref: "r-1", Postings: goods, Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindReceipt,
			Receipt: ledger.ReceiptBody{ID: "r-1", Reference: "PO 900", Delivered: sampleDelivered()}}},
		"late_receipt_packs": {Kind: ledger.KindLate, Ref: "r-1", Postings: goods, Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindReceipt,
			Receipt: ledger.ReceiptBody{ID: "r-1", Reference: "DN-1", Packs: []ledger.PackedLine{{Line: 1, SKU: "TAP-22", Packed: ledger.Packed{Name: "CASE", Units: 7, Count: 1}}}}}},
		"adjusted_packs": {Kind: ledger.KindAdjusted, Ref: "DN-1", Postings: goods, Body: &ledger.AdjustedBody{Reason: "water damage",
			Lines: []ledger.AdjustLine{{SKU: "TAP-22", Bin: "A-01", Qty: -12, Pack: &ledger.Packed{Name: "CASE", Units: 6, Count: -2}}}}},
		"counted_lots": {Kind: ledger.KindCounted, Ref: "counted", Body: &ledger.AdjustedBody{Reason: "counted", Count: &ledger.CountBody{At: 40, Lines: []ledger.CountedLine{{SKU: "TAP-22", Bin: "A-01", Counted: 7, Expected: 7,
			Lots: []ledger.CountedLot{{Lot: "LOT7", Expiry: 20_553, Counted: 5, Expected: 4, Moved: -1}, {Lot: "SN-004711", Serial: true, Counted: 1, Expected: 1}, {Lot: "LOT8", Expected: 2}}}}}},
			Lots: sampleLots()[1:2]},
		"counted_packs": {Kind: ledger.KindCounted, Ref: "counted", Body: &ledger.AdjustedBody{Reason: "counted", Count: &ledger.CountBody{At: 40, Lines: []ledger.CountedLine{
			{SKU: "TAP-22", Bin: "A-01", Counted: 27, Expected: 27, Pack: &ledger.Packed{Name: "CASE", Units: 12, Count: 2, Loose: 3}}}}}},
		"placed_kits": {Kind: ledger.KindPlaced, Ref: string(o.ID), Postings: reserve, Body: &ledger.OrderBody{Order: sampleKits(), Shorts: shorts}},
		"returned": {Kind: ledger.KindReturned, Ref: string(sampleReturn().ID), Postings: goods, Body: &ledger.ReturnBody{Return: *sampleReturn(),
			Acts: sampleActs(), Order: &back}},
		"returned_not": {Kind: ledger.KindReturned, Ref: string(sampleReturn().ID), Body: &ledger.ReturnBody{Return: *sampleReturn(), Refusal: ledger.RefusedOver,
			Overs: []ledger.Over{{Line: 2, SKU: "PIPE/15+3#m", Want: 4, Sold: 3, Back: 1, Have: 2}}}},
		"returned_parcel": {Kind: ledger.KindReturned, Ref: string(sampleReturn().ID), Postings: goods, Body: &ledger.ReturnBody{Return: *sampleReturn(),
			Parcel: &ledger.WorkBody{Deed: ledger.DeedComeBack, Owner: "york", State: ledger.FulfilCameBack,
				Moves: []ledger.StageMove{{Line: 1, SKU: "TAP-22", From: ledger.StageUndelivered, To: ledger.StageCameBack, Qty: 2}}}}},
		"inspected": {Kind: ledger.KindInspected, Ref: string(sampleReturn().ID), Postings: goods, Body: &ledger.ReturnBody{Return: *sampleReturn(),
			Acts: sampleActs(), Reason: "the box was open", By: "dora"}},
		"drawer_closed": {Kind: ledger.KindDrawer, Ref: "T1", Body: &ledger.DrawerBody{Act: ledger.DrawerClose, Drawer: sampleDrawer(), Amount: 11_000, Reason: "a wrong note", By: "beth",
			Currency: "GBP", Day: 3, Money: []ledger.MoneyPosting{{Kind: ledger.MoneyDrawer, Till: "T1", Amount: -11_005}, {Kind: ledger.MoneySafe, Amount: 11_000}, {Kind: ledger.MoneyDifference, Amount: 5}}}},
		"drawer_not": {Kind: ledger.KindDrawer, Ref: "T1", Body: &ledger.DrawerBody{Act: ledger.DrawerOut, Drawer: sampleDrawer(), Amount: 99_000, Reason: "stamps",
			Currency: "GBP", Refusal: ledger.RefusedDrawerShort, Have: 11_005}},
		"tendered":        {Kind: ledger.KindTendered, Ref: string(o.ID), Body: sampleTender()},
		"refunded":        {Kind: ledger.KindTendered, Ref: string(o.ID), Body: sampleRefund()},
		"tendered_marked": {Kind: ledger.KindTendered, Ref: string(o.ID), Body: sampleMarked()},
		"tendered_not": {Kind: ledger.KindTendered, Ref: string(o.ID), Body: &ledger.TenderBody{Act: ledger.TenderRefund, Payments: sampleTender().Payments, Till: "T1", Reason: "broken",
			Currency: "GBP", Refusal: ledger.RefusedOverRefund, Tender: 2, Want: 900, Have: 765}},
		"tendered_exchange": {Kind: ledger.KindTendered, Ref: string(o.ID), Body: sampleExchange()},
		"placed_promoted": {Kind: ledger.KindPlaced, Ref: string(o.ID), Postings: goods, Body: &ledger.OrderBody{Order: promoted,
			Promotions: []ledger.AssetMove{{Asset: "promo:SPRING", Act: ledger.AssetCharge, Amount: 1}}}},
		"tendered_claim": {Kind: ledger.KindTendered, Ref: string(o.ID), Body: &ledger.TenderBody{Act: ledger.TenderClaim, Payments: ledger.Payments{Order: o.ID}, Till: "T1", Session: 3, Opened: 2, Day: 3, Reason: "broken", Currency: "GBP",
			Claim: &ledger.MoneyClaim{ID: ledger.ClaimID(o.ID), Order: o.ID, Amount: 700, Risk: true, Answered: true, Granted: 500, Owner: "leeds"}}},
		"obeyed_handed_over": {Kind: ledger.KindObeyed, Ref: "york/1/7/0", Body: &ledger.ObeyedBody{Command: sampleRefundCommand(), Done: []ledger.CommandLine{{Line: 2, Qty: 65}}, Tender: sampleAcross()}},
		"obeyed_unused": {Kind: ledger.KindObeyed, Ref: "decline:1", Body: &ledger.ObeyedBody{Command: ledger.HQCommand{H: ledger.Incarnation{Counter: 1}, Number: 9, ID: "decline:1", Kind: ledger.CommandDecline, Order: o.ID, Owner: "leeds",
			Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 1}}}, Done: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 1}}, Order: &o,
			Promotions: []ledger.AssetMove{{Asset: "promo:SPRING", Act: ledger.AssetRelease, Amount: 1}}}},
		"late_promoted": {Kind: ledger.KindLate, Ref: string(o.ID), Postings: goods, Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindPlaced, Order: &o,
			Promotions: []ledger.AssetMove{{Asset: "promo:SPRING", Act: ledger.AssetCharge, Amount: 1, Over: 1}}}},
		"tendered_assets": {Kind: ledger.KindTendered, Ref: string(o.ID), Body: sampleAssetTender()},
		"received_not": {Kind: ledger.KindTendered, Ref: string(o.ID), Body: &ledger.TenderBody{Act: ledger.TenderRefund, Payments: sampleReceived(), Till: "T1", Reason: "not wanted",
			Currency: "GBP", Refusal: ledger.RefusedAssetShort, Tender: 1, Want: 900, Have: 765, Short: "card:8817"}},
		"day_ended_cards": {Kind: ledger.KindDayEnded, Ref: "day-4", Body: &ledger.DayBody{Day: ledger.Day{Number: 4, Accounts: 500, Sold: -25,
			Tenders: []ledger.DayTender{{Kind: ledger.TenderStoreCredit, Taken: 25, Payments: 1}}, Sums: []ledger.MoneyPosting{{Kind: ledger.MoneyAccounts, Amount: -25}, {Kind: ledger.MoneyGiftCards, Amount: 25}}}, Currency: "GBP"}},
		"day_ended":     {Kind: ledger.KindDayEnded, Ref: "day-3", Body: &ledger.DayBody{Day: sampleDay(), Currency: "GBP"}},
		"day_ended_not": {Kind: ledger.KindDayEnded, Ref: "day-3", Body: &ledger.DayBody{Day: sampleDay(), Currency: "GBP", Refusal: ledger.RefusedDrawerOpen, Open: "T1"}},
		"late_tendered": {Kind: ledger.KindLate, Ref: string(o.ID), Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindTendered, Tender: sampleRefund()}},
		"late_drawer": {Kind: ledger.KindLate, Ref: "T1", Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindDrawer, Drawer: &ledger.DrawerBody{Act: ledger.DrawerIn,
			Drawer: sampleDrawer(), Amount: 300, Reason: "change", Currency: "GBP", Money: []ledger.MoneyPosting{{Kind: ledger.MoneyPetty, Amount: -300}, {Kind: ledger.MoneySafe, Amount: 300}}}}},
		"late_returned": {Kind: ledger.KindLate, Ref: string(sampleReturn().ID), Postings: goods, Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindReturned,
			Order: &back, Return: sampleReturn(), Acts: sampleActs()}},
		"blocked_inspected": {Kind: ledger.KindBlockedSeen, Ref: "dented", Postings: goods, Body: &ledger.BlockedBody{Reason: "dented", By: "dora", Lines: sampleBlocked()}},
		"blocked_not": {Kind: ledger.KindBlockedSeen, Ref: "dented", Body: &ledger.BlockedBody{Reason: "dented", Refusal: ledger.RefusedBlocked,
			Overs: []ledger.BlockedOver{{Line: 1, SKU: "TAP-22", Bin: "RET", Want: 3, Have: 1, Returned: 2}}}},
		"late_blocked": {Kind: ledger.KindLate, Ref: "dented", Postings: goods, Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindBlockedSeen, Reason: "dented",
			Approver: "dora", Seen: sampleBlocked()}},
		"moved": {Kind: ledger.KindMoved, Ref: "put away", Postings: goods, Body: &ledger.MovedBody{Reason: "put away", By: "dora", Lines: sampleMoved()}},
		"moved_not": {Kind: ledger.KindMoved, Ref: "put away", Body: &ledger.MovedBody{Reason: "put away", Refusal: ledger.RefusedBin,
			Shorts: []ledger.BinShort{{Line: 1, SKU: "TAP-22", Bin: "DOCK", Blocked: true, Want: 3, Have: 1, Returned: 2}}}},
		"late_moved": {Kind: ledger.KindLate, Ref: "put away", Postings: goods, Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindMoved, Reason: "put away",
			Approver: "dora", Moved: sampleMoved()}},
		"obeyed_take_back": {Kind: ledger.KindObeyed, Ref: "york/1/44/0", Body: &ledger.ObeyedBody{Command: sampleTakeBack(),
			Done: sampleTakeBack().Lines, Order: &back}},
		"obeyed_counted": {Kind: ledger.KindObeyed, Ref: "york/1/44/0", Body: &ledger.ObeyedBody{Command: sampleTakeBack(),
			Done: sampleTakeBack().Lines, Order: &back, Counted: true}},
		"asset": {Kind: ledger.KindAsset, Ref: "o-7", Body: &ledger.AssetBody{AssetMove: ledger.AssetMove{Asset: "credit:ACME-1", Act: ledger.AssetRelease, Amount: 1250},
			Nth: 2, Charged: 9900, Freed: 3000}},
		"asset_not": {Kind: ledger.KindAsset, Ref: "o-8", Body: &ledger.AssetBody{AssetMove: ledger.AssetMove{Asset: "card:8817-22", Act: ledger.AssetCharge, Amount: 1250},
			Refusal: ledger.RefusedAssetShort, Have: 900}},
		"late_asset": {Kind: ledger.KindLate, Ref: "o-9", Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindAsset,
			Asset: &ledger.AssetBody{AssetMove: ledger.AssetMove{Asset: "promo:SPRING", Act: ledger.AssetCharge, Amount: 3, Over: 2}, Charged: 3}}},
		"late_lot": {Kind: ledger.KindLate, Ref: "LOT7", Postings: goods, Lots: sampleLots(), Body: &ledger.LateBody{Origin: sampleOrigin(), Was: ledger.KindLot,
			Lot: &ledger.LotBody{Act: ledger.LotHeld, SKU: "TAP-22", Lot: "LOT7", Reason: "glass in it"}}},
		"unknown": {Kind: 900, Ref: "new", Body: &ledger.UnknownBody{Raw: []byte{0x92, 0x01, 0xa1, 'x'}}},
	}
	for _, e := range all {
		e.Seq, e.Epoch, e.At = 45, 2, sampleMoment
		e.Actor, e.Device, e.Key, e.Request = "anna", "till-3", fill16(7), fill16(8)
	}
	return all
}

func sampleTransfer(s ledger.TransferState) ledger.Transfer {
	return ledger.Transfer{ID: "T-1", From: "leeds", To: "york", State: s, Note: "for the window", Lines: []ledger.TransferLine{
		{SKU: "TAP-22", Qty: 8, Sent: 7, Came: 6, Damaged: 1}, {SKU: "PIPE/15+3#m", Qty: 1 << 40}}}
}

// sampleLotWay is a transfer of goods that are kept by lot.
func sampleLotWay() ledger.Transfer {
	t := sampleTransfer(ledger.TransferDispatched)
	t.Lines[0].Lots = []ledger.TransferLot{{Lot: "LOT7", Expiry: 20_553, Sent: 6, Came: 5, Damaged: 1}, {Lot: "SN-004711", Serial: true, Sent: 1}}
	return t
}

// sampleExpect is a command that says which lots have left.
func sampleExpect() ledger.HQCommand {
	c := sampleSettle()
	c.ID, c.Reason = "transfer/T-1/expect", ""
	c.Lots = []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: "LOT7", Qty: 6, Expiry: 20_553}}, {Line: 1, LotQty: ledger.LotQty{Lot: "SN-004711", Qty: 1, Serial: true}}}
	return c
}

func sampleSettle() ledger.HQCommand {
	c := sampleCommand()
	c.ID, c.Kind, c.Order, c.Owner, c.Site, c.Reason = "transfer/T-1/settle", ledger.CommandTransfer, "", "", "york", "for the window"
	return c
}

// sampleBack is an order of which some came back.
func sampleBack() ledger.Order {
	o := sampleOrder()
	o.Lines[1].Returned = 2
	return o
}

func sampleReturn() *ledger.Return {
	return &ledger.Return{ID: ledger.ReturnID(oid("a return")), Order: oid("golden"), Owner: "leeds", Receipt: "LEEDS-000042", Claim: ledger.ClaimRefused, Reason: "too long", By: "carl",
		Lines:  []ledger.ReturnLine{{Line: 2, SKU: "PIPE/15+3#m", Bin: "A-01", Qty: 9, Refused: 2, Blocked: 1, Restocked: 2, Scrapped: 1, Handed: 1}, {Line: 1, SKU: "TAP-22", Bin: "MAIN", Qty: 1}},
		Wishes: sampleActs()}
}

func sampleDrawer() ledger.Drawer {
	return ledger.Drawer{Till: "T1", Epoch: 2, Session: 7, Step: 5, Opened: sampleMoment, Float: 10_000, In: 300, Out: 200, Sales: 1_235, Refunded: 330, Cards: 765, CardRefunded: 65,
		Receipts: 9, Closed: true, Counted: 11_000}
}

// sampleTender is what an order of 20.02 was paid with: cash of 12.37, and a card.
func sampleTender() *ledger.TenderBody {
	receipt := ledger.Receipt{Till: "T1", Epoch: 2, Number: 42}
	return &ledger.TenderBody{Act: ledger.TenderPay, Till: "T1", Session: 7, Opened: 2, Day: 3, Receipt: receipt, Deposit: true, By: "carl", Currency: "GBP",
		Payments: ledger.Payments{Order: oid("golden"), Version: 1, Total: 2_500, Tenders: []ledger.Tender{
			{Kind: ledger.TenderCash, Amount: 1_237, Step: 5, Given: 2_000, Receipt: receipt}, {Kind: ledger.TenderCard, Amount: 765, Ref: "TERM-0815", Receipt: receipt}}},
		Moves: []ledger.TenderMove{{Tender: 1, Amount: 1_237}, {Tender: 2, Amount: 765}},
		Money: []ledger.MoneyPosting{{Kind: ledger.MoneyDrawer, Till: "T1", Amount: 1_235}, {Kind: ledger.MoneyOrders, Amount: -2_002}, {Kind: ledger.MoneyRounding, Amount: 2}, {Kind: ledger.MoneyCard, Amount: 765}}}
}

func sampleRefundCommand() ledger.HQCommand {
	return ledger.HQCommand{H: ledger.Incarnation{Counter: 1}, Number: 9, ID: "york/1/7/0", Kind: ledger.CommandRefund, Order: sampleOrder().ID, Owner: "leeds", Site: "york", Lines: []ledger.CommandLine{{Line: 1, Qty: 65}}, Reason: "GBP", Return: ledger.ReturnID(sampleOrder().ID)}
}

// sampleAcross is payments of which some crossed, and some was paid at risk.
func sampleAcross() *ledger.TenderBody {
	b := sampleTender()
	claim := ledger.ClaimID(b.Payments.Order)
	b.Act, b.Deposit, b.Receipt = ledger.TenderHandOver, false, ledger.Receipt{}
	b.Payments.Version, b.Payments.Tenders[1].Refunded = 2, 65
	b.Payments.Tenders = append(b.Payments.Tenders, ledger.Tender{Kind: ledger.TenderCard, Amount: 9, Claim: claim, From: "hull"},
		ledger.Tender{Kind: ledger.TenderCash, Amount: 8, Given: 8, Receipt: ledger.Receipt{Till: "T1", Epoch: 2, Number: 44}, Claim: claim, Risk: "risk:leeds", Settled: 5})
	b.Payments.Repayments = []ledger.Repayment{{Tender: 2, Amount: 65, To: "york", Claim: claim}}
	b.Moves = []ledger.TenderMove{{Tender: 2, Refund: true, Across: true, Amount: 65}, {Tender: 4, Settle: true, Amount: 5}}
	b.Money = []ledger.MoneyPosting{{Kind: ledger.MoneyOrders, Amount: 65}, {Kind: ledger.MoneySites, Amount: -65}}
	return b
}

func sampleExchange() *ledger.TenderBody {
	b := sampleTender()
	b.Act = ledger.TenderExchange
	b.Exchange = &ledger.Exchanged{Return: "01900000-0000-7000-9000-000000000001", Order: oid("o9"), Credit: 700, Moved: 499, Back: 201, Coins: 200, Receipt: ledger.Receipt{Till: "T1", Epoch: 2, Number: 8}}
	return b
}

func sampleRefund() *ledger.TenderBody {
	b := sampleTender()
	b.Act, b.Deposit, b.Reason, b.Receipt.Number = ledger.TenderRefund, false, "broken", 43
	b.Of = ledger.PaidOrder{Number: "LEEDS-000007", External: "shop-7", Channel: "web", Customer: "C-7"}
	b.Payments.Version, b.Payments.Tenders[1].Refunded = 2, 65
	b.Payments.Repayments = []ledger.Repayment{{Tender: 2, Amount: 65, Over: 3, Receipt: b.Receipt}}
	b.Moves = []ledger.TenderMove{{Tender: 2, Refund: true, Amount: 65, Over: 3, Ref: "TERM-0816"}}
	b.Money = []ledger.MoneyPosting{{Kind: ledger.MoneyCard, Amount: -65}, {Kind: ledger.MoneyOrders, Amount: 65}}
	return b
}

// sampleMarked is sampleRefund with the requests by which two lives of a book tell apart what each has taken and given back.
func sampleMarked() *ledger.TenderBody {
	b := sampleRefund()
	b.Payments.Tenders[0].Mark, b.Payments.Tenders[1].Mark, b.Payments.Repayments[0].Mark = 0xfedcba98, 0xfedcba98, 7
	return b
}

// sampleAssetTender gives a part back of what was paid on account and by gift card: of the account some makes good what was used beyond what was held.
func sampleAssetTender() *ledger.TenderBody {
	receipt := ledger.Receipt{Till: "T1", Epoch: 2, Number: 44}
	return &ledger.TenderBody{Act: ledger.TenderRefund, Till: "T1", Session: 7, Opened: 2, Day: 3, Receipt: receipt, Reason: "broken", Currency: "GBP",
		Payments: ledger.Payments{Order: oid("golden"), Version: 2, Total: 2_500, Tenders: []ledger.Tender{
			{Kind: ledger.TenderAccount, Amount: 1_500, Ref: "ACME-1", Refunded: 300, Receipt: receipt}, {Kind: ledger.TenderGiftCard, Amount: 1_000, Ref: "8817", Receipt: receipt}},
			Repayments: []ledger.Repayment{{Tender: 1, Amount: 300, Receipt: receipt}}},
		Moves: []ledger.TenderMove{{Tender: 1, Refund: true, Amount: 300, AssetOver: 40}},
		Money: []ledger.MoneyPosting{{Kind: ledger.MoneyAccounts, Amount: -300}, {Kind: ledger.MoneyOrders, Amount: 300}}}
}

// sampleReceived is what was paid for a card.
func sampleReceived() ledger.Payments {
	return ledger.Payments{Order: oid("sold"), Version: 1, Total: 900, For: "card:8817", Tenders: []ledger.Tender{{Kind: ledger.TenderCash, Amount: 900, Given: 900, Receipt: ledger.Receipt{Till: "T1", Epoch: 2, Number: 3}}}}
}

func sampleDay() ledger.Day {
	return ledger.Day{Number: 3, Float: 10_000, Counted: 11_000, In: 300, Out: 200,
		Tenders: []ledger.DayTender{{Kind: ledger.TenderCash, Taken: 1_237, Refunded: 330, Payments: 1, Refunds: 2}, {Kind: ledger.TenderCard, Taken: 765, Refunded: 65, Payments: 1, Refunds: 1}},
		Sums: []ledger.MoneyPosting{{Kind: ledger.MoneySafe, Amount: 1_000}, {Kind: ledger.MoneyCard, Amount: 700}, {Kind: ledger.MoneyOrders, Amount: -1_607}, {Kind: ledger.MoneyRounding, Amount: 2},
			{Kind: ledger.MoneyPetty, Amount: -100}, {Kind: ledger.MoneyDifference, Amount: 5}}}
}

func sampleTakings(claims ...ledger.MoneyClaim) *ledger.Takings {
	open := sampleDrawer()
	open.Till, open.Closed, open.Counted = "T2", false, 0
	return ledger.TakingsForTest(17, "GBP", map[ledger.MoneyKind]int64{ledger.MoneySafe: -11_005, ledger.MoneyCard: 700, ledger.MoneyOrders: -700}, map[ledger.TillID]*ledger.Drawer{"T2": &open},
		map[ledger.TillID]uint64{"T1": 7, "T2": 7}, map[ledger.TillID]uint64{"T2": 9}, sampleDay(), claims...)
}

func sampleActs() []ledger.ReturnAct {
	return []ledger.ReturnAct{{Line: 2, Do: ledger.Restock, Qty: 2, Bin: "B-2"}, {Line: 1, Do: ledger.Scrap, Qty: 1}}
}

func sampleTakeBack() ledger.HQCommand {
	c := sampleCommand()
	c.ID, c.Kind, c.Site, c.Return = "york/1/44/0", ledger.CommandTakeBack, "york", ledger.ReturnID(oid("a return"))
	return c
}

func sampleCount() *ledger.CountBody {
	return &ledger.CountBody{At: 40, By: "carl", Recounted: "dora", Lines: []ledger.CountedLine{
		{SKU: "TAP-22", Bin: "A-01", Counted: 8, Expected: 11, Moved: -2}, {SKU: "PIPE/15+3#m", Bin: "MAIN"}}}
}

func sampleCountRefused() *ledger.CountBody {
	c := sampleCount()
	c.Refusal, c.Against = ledger.RefusedOutdated, []ledger.CountAgainst{{Line: 1, Seq: 43, At: 41, Counted: 7}, {Line: 2}}
	return c
}

func sampleOrigin() ledger.Origin {
	return ledger.Origin{Site: "leeds", Epoch: 1, Seq: 41, Hash: fill32(17)}
}

func sampleDraws() []ledger.Draw {
	return []ledger.Draw{{Line: 1, Site: "hull", SKU: "TAP-22", Qty: 1}, {Line: 2, Site: "york", SKU: "PIPE/15+3#m", Qty: 9}}
}

func sampleDisplaced() []ledger.Displaced {
	return []ledger.Displaced{{Order: oid("golden"), Owner: "leeds", Line: 2, SKU: "TAP-22", Qty: 1}, {Order: oid("another"), Owner: ledger.HQ, Line: 1, SKU: "TAP-22", Qty: 4}}
}

func sampleLose() ledger.HQCommand {
	c := sampleCommand()
	c.ID, c.Kind = "hull/2/7/lose/0", ledger.CommandLose
	return c
}

func sampleDecline() ledger.HQCommand {
	c := sampleCommand()
	c.ID, c.Kind, c.Site = "golden/decline", ledger.CommandDecline, ""
	return c
}

func sampleRelease() ledger.HQCommand {
	c := sampleCommand()
	c.ID, c.Kind = "hull/2/7/3.0", ledger.CommandRelease
	return c
}

func sampleWriteOff() ledger.HQCommand {
	c := sampleCommand()
	c.Kind, c.Order, c.Owner, c.Reason = ledger.CommandWriteOff, "", "", "olga: the shop has burnt down"
	return c
}

func sampleFrame() *ledger.Frame {
	f := &ledger.Frame{Site: "leeds", Epoch: 2, First: 45, Before: fill32(11)}
	before := f.Before
	for i, kind := range []string{"receipt", "placed"} {
		e := sampleEntries()[kind]
		e.Seq = f.First + ledger.Seq(i)
		b := ledger.MarshalEntry(e)
		before = ledger.Chain(before, f.Site, f.Epoch, e.Seq, b)
		f.Entries, f.Hashes = append(f.Entries, b), append(f.Hashes, before)
	}
	return f
}

// sampleKits is an order of three kits, which have a tap and two pipes each, and of two cases of taps.
func sampleKits() ledger.Order {
	o := sampleOrder()
	o.Lines = []ledger.Line{{SKU: "TAP-22", Qty: 3, Here: 3}, {SKU: "TAP-22", Qty: 24, Here: 24, Pack: &ledger.Packed{Name: "CASE", Units: 12, Count: 2}}, {SKU: "PIPE/15+3#m", Qty: 6, Backordered: 6}}
	o.Kits = []ledger.Kit{{Line: 1, SKU: "SET-1", Qty: 3, Price: ledger.Price{Money: ledger.Money{Amount: 2499, Currency: "GBP"}}, Pack: &ledger.Packed{Name: "TRAY", Units: 3, Count: 1},
		Components: []ledger.KitComponent{{Line: 1, Qty: 1}, {Line: 3, Qty: 2}}}}
	return o
}

// samplePriced is an order of which all is priced that can be.
func samplePriced() ledger.Order {
	o := sampleKits()
	o.Group, o.DeliverTo, o.BillTo = "trade-x", "addr-1", "addr-2"
	o.Kits[0].Charge = priced(o.Kits[0].Price, 3, ledger.Charge{From: ledger.PriceList, Tax: ledger.TaxRate{Known: true, PPM: 200_000}})
	o.Lines[1].Price = ledger.Price{Money: ledger.Money{Amount: 1299, Currency: "GBP"}, Per: 10, Tax: "excluded"}
	o.Lines[1].Charge = priced(o.Lines[1].Price, 24, ledger.Charge{From: ledger.PriceSaid, Why: "as agreed by phone", OffPPM: 50_000, OffWhy: "scratched", Approver: "beth",
		Tax: ledger.TaxRate{Known: true, PPM: 50_000}, TaxSaid: true})
	return o
}

// sampleDraft is an order that nobody has placed yet.
func sampleDraft() ledger.Order {
	o := samplePriced()
	o.Status, o.Wait, o.Offline = ledger.StatusDraft, ledger.WaitNone, false
	for i := range o.Lines {
		o.Lines[i].Here, o.Lines[i].Backordered = 0, 0
	}
	o.Draft = &ledger.Draft{Kind: ledger.DraftQuote, Until: "2026-01-31", Hold: true, Note: "Mrs Hill, the blue ones", Serial: 42}
	return o
}

// priced is a charge with its sum.
func priced(p ledger.Price, q ledger.Qty, c ledger.Charge) *ledger.Charge {
	if err := c.Fix(p, q); err != nil {
		panic(err)
	}
	return &c
}

// sampleDetailed is an item that says all there is to say of one.
func sampleDetailed() *ledger.Item {
	v := sampleItem()
	v.Detail = &ledger.Detail{Unit: "each", Packs: []ledger.Pack{{Name: "CASE", Units: 12, Barcodes: []string{"15012345678907"}}, {Name: "PALLET", Units: 480}},
		Kit: []ledger.Component{{SKU: "BODY", Qty: 1}, {SKU: "HANDLE", Qty: 2}}, VariantOf: "TAP", Attributes: []ledger.Attribute{{Name: "colour", Value: "red"}, {Name: "size", Value: "22"}},
		Substitutes: []ledger.SKU{"TAP-15"}, ShelfDays: 365, Supplier: "Acme", LeadDays: 14, Tax: ledger.TaxRate{Known: true, PPM: 200_000},
		Prices: []pricing.Row{{Group: "trade", MinQty: 10, From: "2026-01-01", Until: "2026-12-31", Amount: 999, Currency: "GBP", Per: 1, Tax: "excluded"}, {Amount: 1199, Currency: "GBP"}}}
	return v
}

func sampleItem() *ledger.Item {
	return &ledger.Item{SKU: "TAP-22", Name: "Mixer tap, 22 mm", Barcodes: []string{"5012345678900", "TAP22"},
		Price: ledger.Price{Money: ledger.Money{Amount: 1299, Currency: "GBP"}, Tax: "excluded"}, Tracking: ledger.TrackLot, Version: 17}
}

func sampleSites() *ledger.SiteList {
	return &ledger.SiteList{Version: 1 << 60, Sites: []ledger.ListedSite{{ID: "hull"}, {ID: "leeds", Counter: true}}}
}

func sampleLevel() *ledger.Level {
	return &ledger.Level{Blocked: 1, Sellable: 9, Picked: 2, Available: 4, Reserved: 5, Shortfall: 3,
		Allotted: []ledger.Held{{Holder: "hq", Qty: 4}, {Holder: "york", Qty: 1}},
		Bins:     []ledger.InBin{{Bin: "A-01", Sellable: 9}, {Bin: "QUAR", Blocked: 1}}}
}

// sampleWorked is a part of an order that hands are at work on.
func sampleWorked() *ledger.Served {
	v := sampleServed()
	v.Work = &ledger.Work{Lines: []ledger.WorkLine{{Line: 1, SKU: "TAP-22", At: [11]ledger.Qty{0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}}, Code: "004711",
		Shipments: []ledger.Shipment{{Carrier: "Royal Mail", Service: "48", Tracking: "AB 1"}}}
	return v
}

func sampleBoxed() *ledger.Served {
	v := sampleWorked()
	for _, c := range sampleCartons() {
		c.Was = ledger.StageNone
		v.Work.Cartons = append(v.Work.Cartons, c)
	}
	return v
}

func sampleCartons() []ledger.Carton {
	return []ledger.Carton{{SSCC: "350123450700000026", Made: 3, Grams: 1250, At: ledger.StagePacked, Lines: []ledger.CartonLine{{Line: 1, SKU: "TAP-22", Qty: 2}, {Line: 7, SKU: "PIPE/15+3#m", Qty: 1 << 40}}},
		{SSCC: "350123450700000033", At: ledger.StageOnTheWay, Was: ledger.StagePacked, Lines: []ledger.CartonLine{{Line: 1, SKU: "TAP-22", Qty: 1}}}}
}

func sampleServed() *ledger.Served {
	return &ledger.Served{Order: oid("golden"), Owner: ledger.HQ, Lines: []ledger.CommandLine{{Line: 2, SKU: "TAP-22", Qty: 3}}}
}

func sampleOpen() ledger.OpenAsk {
	return ledger.OpenAsk{Order: oid("golden"), Ask: ledger.AskID{Site: "leeds", Epoch: 2, Seq: 44}, Key: fill16(3), Request: fill16(4), Actor: "anna", Device: "till-3"}
}

func sampleHead() ledger.Head {
	return ledger.Head{Site: "leeds", Position: ledger.Position{Epoch: 2, Seq: 45, Hash: fill32(21)}}
}

func sampleRuns() ledger.RunLists {
	return ledger.RunLists{Keys: []runs.Run{{File: 7, Level: 1, Rows: 32_768, Sum: 1 << 31}, {File: 9, Rows: 5, Sum: 3}},
		Orders: []runs.Run{{File: 1, Rows: 2, Sum: 4}}}
}

func sampleCheckpoint() ledger.Checkpoint {
	h := ledger.Incarnation{Counter: 3, Random: fill16(9)}
	return ledger.Checkpoint{Counter: true, Standalone: true, Head: sampleHead().Position, HQ: h,
		Commands: ledger.Cursor{H: h, Number: 12, Hash: fill32(5)}, Serial: 42}
}

func sampleConfirming() ledger.Checkpoint {
	c := sampleCheckpoint()
	c.Words, c.Confirmed, c.Declined = ledger.WordsConfirm, 300, 7
	return c
}

func sampleRebuilding() ledger.Checkpoint {
	c := sampleCheckpoint()
	c.Rebuilding, c.Attested, c.Holdings = true, ledger.Incarnation{Counter: 2, Random: fill16(13)}, 7
	return c
}

func sampleHoldings() []ledger.Holding {
	return []ledger.Holding{{Site: "hull", SKU: "TAP-22", Qty: 3}, {Site: "york", SKU: "PIPE/15+3#m", Qty: 1 << 40}}
}

func samplePlan() *ledger.RebuildPlan {
	return &ledger.RebuildPlan{Phase: ledger.RebuildSwap, Site: "leeds", NodeKey: fill16(2), Epoch: 3,
		H: ledger.Incarnation{Counter: 3, Random: fill16(9)}, Counter: true, Stored: sampleHead().Position, Replaced: true}
}

func sampleTrimmed() ledger.TrimmedTo {
	return ledger.TrimmedTo{At: sampleCheckpoint(), Frames: 5, Accepted: 6, Refused: 7, Unknown: 8}
}

// sampleStubs are so short that they are kept as they are: what deflates them may change.
func sampleStubs() []ledger.Stub {
	return []ledger.Stub{{Seq: 3, Bytes: []byte("a stub")}, {Seq: 9, Bytes: []byte("another")}}
}

func sampleMoved() []ledger.BinMove {
	return []ledger.BinMove{{SKU: "TAP-22", From: "DOCK", To: "A-01", Qty: 12, Pack: &ledger.Packed{Name: "CASE", Units: 6, Count: 2}},
		{SKU: "PIPE/15+3#m", From: "DOCK", To: "CAGE", Qty: 1, Blocked: true}}
}

func sampleBlocked() []ledger.BlockedLine {
	return []ledger.BlockedLine{{SKU: "TAP-22", Bin: "RET", Qty: 2, Do: ledger.Restock, To: "A-01"}, {SKU: "PIPE/15+3#m", Bin: "RET", Qty: 1, Do: ledger.Scrap}}
}

func sampleCustomer() *ledger.CustomerAccount {
	return &ledger.CustomerAccount{ID: "ACME-1", Version: 12, Group: "trade", PriceList: "builders", TermsDays: 30, Blocked: "three bills are open",
		Person: ledger.Person{Name: "Acme Ltd", Email: "buy@acme.example", Phone: "+44 113 496 0000", TaxNumber: "GB123456789", Addresses: []ledger.CustomerAddress{
			{Label: "billing", Lines: []string{"Acme House", "4 Mill Lane"}, City: "Leeds", Postcode: "LS1 4AP", Country: "GB"},
			{Label: "yard", Name: "Mrs Miller", Lines: []string{"Unit 9"}, City: "York", Postcode: "YO1 7HH", Country: "GB"}}}}
}

func samplePurchaseCommand() ledger.HQCommand {
	c := ledger.PurchaseCommand("leeds", ledger.PurchaseCancel, "PO 900", "olga: they are bankrupt")
	c.H, c.Number = ledger.Incarnation{Counter: 1}, 9
	return c
}

func samplePurchase() *ledger.PurchaseBody {
	return &ledger.PurchaseBody{Act: ledger.PurchaseSend, State: ledger.PurchaseSent, Version: 1, Nth: 3, By: "beth", Reason: "the spring sale", Order: ledger.Purchase{Reference: "PO 900", Supplier: "Acme", Site: "hull", Due: "2026-01-12",
		Note: "by lorry", Lines: []ledger.PurchaseLine{{SKU: "PIPE", Qty: 24, Due: "2026-01-19", Cost: ledger.Price{Money: ledger.Money{Amount: 1_150, Currency: "GBP"}, Per: 12},
			Pack: ledger.Packed{Name: "CASE", Units: 12, Count: 2}}, {SKU: "TAP-22", Qty: 3}}}}
}

func sampleDelivered() *ledger.Delivered {
	return &ledger.Delivered{Supplier: "Acme", Note: "DN 55", Part: 2, Nth: 3, Came: []ledger.Came{{SKU: "PIPE/15+3#m", Ordered: 0, Came: 4}, {SKU: "TAP-22", Ordered: 40, Came: 36}}, Closed: true}
}

// sampleSlips is a purchase order that is later, so that an order's promise slips.
func sampleSlips() *ledger.PurchaseBody {
	b := samplePurchase()
	b.Slips = []ledger.PurchaseSlip{{Slip: ledger.Slip{Order: oid("o-1"), Line: 2, SKU: "TAP-22", Qty: 3, NeedBy: "2026-12-10", By: "2026-12-14"}, Of: ledger.PaidOrder{Number: "LEEDS-000001", External: "W-1", Channel: "web", Customer: "C-1"}}}
	return b
}
