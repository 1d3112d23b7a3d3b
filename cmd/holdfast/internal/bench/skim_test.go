package bench

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestAListReadInPassingGoesOnWhereTheWholeOfItDoes(t *testing.T) {
	order := contract.Order{ID: "0198c9a6-7c1e-7aaa-8bbb-0123456789ab"}
	for name, list := range map[string]contract.OrderList{
		"the last page":       {Orders: []contract.Order{order}},
		"a page with more":    {Orders: []contract.Order{order, order}, NextCursor: contract.Cursor("0198c9a6-7c1e-7aaa-8bbb-0123456789ab")},
		"nothing on it":       {Orders: []contract.Order{}},
		"nothing, and on":     {Orders: []contract.Order{}, NextCursor: contract.Cursor(string(ledger.OrderID("z")))},
		"a client's own text": {Orders: []contract.Order{{ID: order.ID, ExternalID: `"next_cursor":"`}}},
	} {
		body, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		for n := range uint64(2) {
			s := skim{whole: &contract.OrderList{}, each: `"id":`}
			if err := s.read(body, n); err != nil || s.next != list.NextCursor || s.some != (len(list.Orders) > 0) {
				t.Errorf("%s, answer %d: got %q, %v and %v, want %q and %v", name, n, s.next, s.some, err, list.NextCursor, len(list.Orders) > 0)
			}
		}
	}
}

func TestAListThatIsNoneIsFoundOutWhereItIsReadWhole(t *testing.T) {
	s := skim{whole: &contract.OrderList{}, each: `"id":`}
	if err := s.read([]byte(`{"orders":[{"id":7]`), skimEach); err == nil {
		t.Error("got nil, want what is wrong with it")
	}
	if err := s.read([]byte(`{"next_cursor":"a","deep":{"next_cursor":"b"}}`), skimEach); !errors.As(err, new(*skimError)) {
		t.Errorf("got %v, want that the two readings differ", err)
	}
}
