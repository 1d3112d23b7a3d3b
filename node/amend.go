package node

import (
	"errors"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// amendOrder says where an order can be amended: this book cannot change what one of its orders is for, and head office
// changes its own.
func (s *web) amendOrder(w http.ResponseWriter, r *http.Request) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	if key == "" {
		return errKeyMissing
	}
	id, err := s.orderID(r)
	if err != nil {
		return err
	}
	if _, err := contract.ReadBody(w, r); err != nil {
		return err
	}
	_, err = s.book.Order(id)
	if errors.Is(err, ledger.ErrOrderUnknown) {
		p := contract.New(contract.CodeNotAmendable, "The order is not in this site's book.")
		p.Hint = "If head office owns it, have it changed there: send the same request to head office."
		return p
	}
	if err != nil {
		return err
	}
	return contract.New(contract.CodeNotAmendable, "The order stands in this site's book, which cannot change what an order is for.")
}
