package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A Recall is a lot, or a serial number, of which nothing may be sold anywhere in the company, or of which something may again. Head office says it,
// beside the rest of what holds for the company; each site carries it out when it hears of it, by an entry of its own.
type Recall struct {
	SKU      SKU
	Lot      LotID
	Reason   string
	Number   uint64 // tells one saying from the next: it is carried out once
	Released bool   // it is over: what is blocked stays so until somebody has looked
	By       string
	At       time.Time // UTC, whole milliseconds
}

// RecallsMax bounds the recalls that head office keeps, those that are over among them: of these the oldest are forgotten.
const RecallsMax = 200

// Check refuses what nobody can recall.
func (r *Recall) Check() error {
	if len(r.By) > TextMax {
		return &FormError{Field: "by", Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
	}
	return (&LotBody{SKU: r.SKU, Lot: r.Lot, Reason: r.Reason}).check()
}

// compare ranks recalls by article and lot.
func (r Recall) compare(o Recall) int {
	return cmp.Or(cmp.Compare(r.SKU, o.SKU), cmp.Compare(r.Lot, o.Lot))
}

// RecallIn finds the recall of a lot in a list that is ranked.
func RecallIn(list []Recall, sku SKU, lot LotID) (index int, ok bool) {
	return slices.BinarySearchFunc(list, Recall{SKU: sku, Lot: lot}, Recall.compare)
}

// CheckRecalls refuses a list that no book would store.
func CheckRecalls(list []Recall) error {
	if len(list) > RecallsMax {
		return &FormError{Field: "recalls", Why: fmt.Sprintf("are more than %d: release some that are over first", RecallsMax)}
	}
	for i := range list {
		if err := list[i].Check(); err != nil {
			return err
		}
		if i > 0 && list[i-1].compare(list[i]) >= 0 {
			return &FormError{Field: "recalls", Why: "are not by article and lot, each once"}
		}
	}
	return nil
}

// Hold is the request by which a site carries a recall out: the same one has one key for ever, so it is done once. The moment is in it, for a head
// office that was restored gives numbers again.
func (r *Recall) Hold() *HoldLot {
	number, at := seqKey(Seq(r.Number)), seqKey(Seq(r.At.UnixMilli()))
	return &HoldLot{Meta: Meta{Actor: cmp.Or(r.By, "head office"), Key: DigestOf([]byte("recall"), []byte(r.SKU), []byte(r.Lot), number, at), Request: DigestOf([]byte(r.Reason), number)},
		SKU: r.SKU, Lot: r.Lot, Reason: r.Reason, Release: r.Released}
}

// MarshalRecall gives the bytes of a recall where it stands alone.
func MarshalRecall(r *Recall) []byte {
	w := rowWriter{}
	w.recall(r)
	return w.buf
}

// UnmarshalRecall reads what MarshalRecall wrote.
func UnmarshalRecall(b []byte) (*Recall, error) {
	r := newRowReader(b, companyElementsMax, nil)
	v := r.recall()
	if err := r.done("recall"); err != nil {
		return nil, err
	}
	return &v, nil
}

const recallVersion = 1

func (w *rowWriter) recall(r *Recall) {
	w.row(func() {
		w.uint(recallVersion)
		w.str(string(r.SKU))
		w.str(string(r.Lot))
		w.str(r.Reason)
		w.uint(r.Number)
		w.bool(r.Released)
		w.str(r.By)
		w.moment(r.At, time.Time{})
	})
}

func (r *rowReader) recall() (v Recall) {
	r.row(1, func() {
		if r.uint() == 0 {
			r.refuse("recall version 0")
		}
		v.SKU, v.Lot, v.Reason, v.Number, v.Released, v.By = SKU(r.str()), LotID(r.str()), r.str(), r.uint(), r.bool(), r.str()
		v.At = r.moment(time.Time{})
	})
	return v
}
