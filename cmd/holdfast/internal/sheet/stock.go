package sheet

import (
	"encoding/hex"
	"io"
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// columns of a file of stock.
const (
	stockSKU = iota
	stockQty
	stockBin
	stockReference
	stockPack
)

func stockColumns() []Column {
	return []Column{
		stockSKU:       {Name: "sku", Also: []string{"stock_code", "stockcode"}, Needed: true},
		stockQty:       {Name: "qty", Also: []string{"quantity"}, Needed: true},
		stockBin:       {Name: "bin"},
		stockReference: {Name: "reference", Also: []string{"delivery"}},
		stockPack:      {Name: "pack"},
	}
}

// A StockLine is a row of a file of stock: goods that came in under a reference.
type StockLine struct {
	Line int
	Key  string // the same wherever the row stands, in whichever file
	Put  contract.ReceiptRequest
}

// Stock reads a file of stock: sku, qty, bin, reference, pack (then qty is how many of these).
//
// Each row is a receipt of its own, for a row that is put right later must not take the rows
// around it in a second time. Two rows that say the same are two deliveries, numbered by how
// often they have come in this file; the same row in another file is a repeat of the first, so
// a new delivery of the same goods needs a reference of its own.
type Stock struct {
	*Reader
	reference string // where a row names none
	times     map[[8]byte]int32
}

// NewStock reads the heading. reference is that of rows that name none.
func NewStock(src io.Reader, reference string) (*Stock, error) {
	r, err := NewReader(src, stockColumns(), names(itemColumns())...) // one file may say both
	if err != nil {
		return nil, err
	}
	return &Stock{Reader: r, reference: reference, times: map[[8]byte]int32{}}, nil
}

// Next gives the next line of stock, a *Fault, or the end as Reader.Next does.
func (s *Stock) Next() (StockLine, error) {
	row, err := s.Reader.Next()
	if err != nil {
		return StockLine{}, err
	}
	fault := func(err error) (StockLine, error) {
		return StockLine{}, &Fault{Line: row.Line, Document: clip(row.Field(stockSKU)), Why: Reason(err)}
	}
	qty, err := parseQty("qty", row.Field(stockQty))
	if err != nil {
		return fault(err)
	}
	reference := row.Field(stockReference)
	if reference == "" {
		reference = s.reference
	}
	put := contract.ReceiptRequest{Reference: reference,
		Lines: []contract.ReceiptLine{{SKU: row.Field(stockSKU), Qty: qty, Bin: row.Field(stockBin), Pack: row.Field(stockPack)}}}
	receipt, err := put.Ledger()
	if err != nil {
		return fault(err)
	}
	// The bin as the ledger has it: MAIN by name and MAIN by default are one.
	line := receipt.Lines[0]
	parts := []string{reference, string(line.SKU), strconv.FormatInt(int64(qty), 10), string(line.Bin)}
	if pack := put.Lines[0].Pack; pack != "" { // a row without one is what it always was
		parts = append(parts, pack)
	}
	same := digest8(parts...)
	s.times[same]++
	return StockLine{Line: row.Line, Key: key("stock", append(parts, strconv.Itoa(int(s.times[same])))...), Put: put}, nil
}

// key makes an idempotency key of what a row or document says.
func key(kind string, parts ...string) string {
	d := digest(parts...)
	return "import-" + kind + "-" + hex.EncodeToString(d[:])
}

func digest(parts ...string) ledger.Digest {
	raw := make([][]byte, len(parts))
	for i, p := range parts {
		raw[i] = []byte(p)
	}
	return ledger.DigestOf(raw...)
}

// digest8 tells rows apart in memory; two of 2,000,000 share one once in ten million files.
func digest8(parts ...string) (short [8]byte) {
	d := digest(parts...)
	copy(short[:], d[:])
	return short
}

// DeliveryKey is the key of one line of a delivery note: the same whatever the line says, so that a line that was changed since is refused as
// key_reused and not booked a second time.
func DeliveryKey(supplier, note, line string) string { return key("delivery", supplier, note, line) }

// DropShipKey is the key of what a note says its supplier has sent straight to the customer of one order.
func DropShipKey(supplier, note, reference string) string {
	return key("drop-ship", supplier, note, reference)
}
