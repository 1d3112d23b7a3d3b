package node

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// carton gives a carton that was packed here, however long ago, by its number or any scan that says it.
func (s *web) carton(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	text, err := pathName(r, "sscc")
	if err != nil {
		return err
	}
	sscc, err := contract.ReadSSCC(text)
	if err != nil {
		return err
	}
	c, err := s.book.Carton(sscc)
	if errors.Is(err, ledger.ErrCartonUnknown) {
		p := contract.NotFound(fmt.Sprintf("No carton %s was packed here.", sscc))
		p.Hint = "Ask the site that sent it: its number begins with that site's prefix."
		return p
	}
	if err != nil {
		return err
	}
	out := contract.RenderCarton(&c, s.cfg.Site)
	for i := range out.Lines {
		if item, ok := s.book.ItemAt(out.Lines[i].SKU); ok {
			out.Lines[i].Name = item.Name
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

func docCarton() contract.Route {
	return contract.Route{Summary: "A carton by its SSCC, 18 digits or any scan that says it: what lies in it, for whom, and where it is", Answers: ok("The carton", contract.CartonAnswer{}),
		Codes: append(listCodes(), contract.CodeNotFound)}
}
