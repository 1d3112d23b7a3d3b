package ledger_test

import "github.com/holdfast-stock/holdfast/ledger"

// sampleLots are moves of lots in an entry whose ref is LOT7 or another one.
func sampleLots() []ledger.LotMove {
	bin, gone := ledger.LotPlace{Kind: ledger.Sellable, Ref: "A-01"}, ledger.LotPlace{Kind: ledger.Customer}
	return []ledger.LotMove{
		{SKU: "TAP-22", Lot: "LOT7", Qty: 3, From: ledger.LotPlace{Kind: ledger.Supplier, Ref: "DN-1"}, To: bin, Expiry: 20_553},
		{SKU: "TAP-22", Lot: "LOT8", Qty: 1, From: bin, To: gone},
		{SKU: "DRILL-9", Lot: "SN-004711", Qty: 1, From: ledger.LotPlace{Kind: ledger.Picked, Ref: string(oid("golden"))}, To: gone, Serial: true},
	}
}

func sampleLotRow() *ledger.LotRow {
	return &ledger.LotRow{Epoch: 2, At: sampleMoment, Kind: ledger.KindLot, Ref: "LOT7", Order: oid("golden"), Moves: sampleLots(), Act: ledger.LotHeld, Reason: "glass in it"}
}

// sampleLotLevel is a level of goods that are kept by lot.
func sampleLotLevel() *ledger.Level {
	l := sampleLevel()
	l.Lots = []ledger.Lot{
		{Lot: "LOT7", Expiry: 20_553, Came: 17, At: []ledger.LotAt{{LotPlace: ledger.LotPlace{Kind: ledger.Sellable, Ref: "A-01"}, Qty: 6},
			{LotPlace: ledger.LotPlace{Kind: ledger.Picked, Ref: string(oid("golden"))}, Qty: 2}}},
		{Lot: "SN-004711", Came: 18, Serial: true, At: []ledger.LotAt{{LotPlace: ledger.LotPlace{Kind: ledger.Blocked, Ref: "QUAR"}, Qty: 1}}},
		{Lot: "BAD", Came: 19, Held: "glass in it", HeldIn: 2}}
	return l
}

// sampleOrderLots are lots that an order's customer has had.
func sampleOrderLots() []ledger.OrderLot {
	return []ledger.OrderLot{{SKU: "TAP-22", Lot: "LOT7", Qty: 3, Back: 1, Expiry: 20_553}, {SKU: "TAP-22", Lot: "SN-004711", Qty: 1, Serial: true}}
}
