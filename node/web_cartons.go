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
	c, err := s.cartonNamed(r)
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

// cartonNamed finds the carton that the path names.
func (s *web) cartonNamed(r *http.Request) (ledger.PackedCarton, error) {
	text, err := pathName(r, "sscc")
	if err != nil {
		return ledger.PackedCarton{}, err
	}
	sscc, err := contract.ReadSSCC(text)
	if err != nil {
		return ledger.PackedCarton{}, err
	}
	c, err := s.book.Carton(sscc)
	if errors.Is(err, ledger.ErrCartonUnknown) {
		p := contract.NotFound(fmt.Sprintf("No carton %s was packed here.", sscc))
		p.Hint = "Ask the site that sent it: its number begins with that site's prefix."
		return c, p
	}
	return c, err
}

// cartonLabel gives a carton's label once more, for a printer.
func (s *web) cartonLabel(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	c, err := s.cartonNamed(r)
	if err != nil {
		return err
	}
	p := parcel{from: contract.SiteName(s.cfg.Site), order: string(c.Order), sscc: c.SSCC, grams: c.Grams, nth: 1, of: 1}
	if o, err := s.book.Order(c.Order); err == nil {
		p.order, p.country, p.postcode = o.Number(), o.ShipTo.Country, o.ShipTo.Postcode
	}
	if part, ok := s.book.Part(c.Order); ok && len(part.Shipments) > 0 && c.At != ledger.StagePacked {
		last := part.Shipments[len(part.Shipments)-1]
		p.carrier, p.service, p.tracking = last.Carrier, last.Service, last.Tracking
	}
	w.Header().Set("Content-Type", "application/zpl")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(p.label()) // a client that has gone needs no answer
	return nil
}

func docCartonLabel() contract.Route {
	return contract.Route{Summary: "A carton's label as ZPL, for a printer; its SSCC is a GS1-128 symbol", Answers: []contract.Answer{{Status: http.StatusOK, About: "The label", Media: "application/zpl"}},
		Codes: append(listCodes(), contract.CodeNotFound)}
}

func docCarton() contract.Route {
	return contract.Route{Summary: "A carton by its SSCC, 18 digits or any scan that says it: what lies in it, for whom, and where it is", Answers: ok("The carton", contract.CartonAnswer{}),
		Codes: append(listCodes(), contract.CodeNotFound)}
}
