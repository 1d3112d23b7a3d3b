package node

import (
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// carrierRoutes are the calls about carriers and what they are given.
func (s *web) carrierRoutes() []route {
	return []route{
		{"GET", "/v1/carriers", s.carriers, docCarriers},
		{"GET", "/v1/carriers/{carrier}/manifest", s.manifest, docManifest},
		{"GET", "/v1/carriers/{carrier}/manifest/last", s.lastManifest, docLastManifest},
		{"POST", "/v1/carriers/{carrier}/manifest/close", s.closeManifest, docCloseManifest},
		{"POST", "/v1/carriers/{carrier}/manifest/strike", s.strikeManifest, docStrikeManifest},
	}
}

// carriers lists who takes parcels from here.
func (s *web) carriers(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	out := contract.CarrierList{Version: 1, Carriers: []contract.Carrier{}}
	if s.cfg.Carriers != nil {
		out = *s.cfg.Carriers
	}
	return writeJSON(w, http.StatusOK, out)
}

// carrierNamed reads the carrier that the path names, and how its manifests stand.
func (s *web) carrierNamed(r *http.Request) (name string, v ledger.CarrierView, err error) {
	if err := contract.Query(r.URL.Query()); err != nil {
		return "", v, err
	}
	if name, err = pathName(r, "carrier"); err != nil {
		return "", v, err
	}
	if err := contract.CheckText("carrier", name, textMax); err != nil {
		return "", v, err
	}
	v, err = s.book.Carrier(name)
	if err == nil && v.Shipments == 0 {
		err = &ledger.ManifestError{Carrier: name, Act: ledger.ManifestClose}
	}
	return name, v, err
}

// manifest shows a carrier's open manifest.
func (s *web) manifest(w http.ResponseWriter, r *http.Request) error {
	name, v, err := s.carrierNamed(r)
	if err != nil {
		return err
	}
	m, err := s.openManifest(name, &v)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, m)
}

// lastManifest shows a carrier's last closed manifest.
func (s *web) lastManifest(w http.ResponseWriter, r *http.Request) error {
	name, v, err := s.carrierNamed(r)
	if err != nil {
		return err
	}
	if v.Last == nil {
		p := contract.NotFound(fmt.Sprintf("No manifest of %s was closed here yet.", name))
		p.Hint = "Close it when the driver is there: holdfast manifest close."
		return p
	}
	return s.answerManifest(w, v.Last)
}

func (s *web) answerManifest(w http.ResponseWriter, e *ledger.Entry) error {
	m, err := s.manifestOf(e)
	if err != nil {
		return err
	}
	if m == nil {
		return fmt.Errorf("answer manifest: entry %d is of kind %s", e.Seq, e.Kind)
	}
	return writeJSON(w, http.StatusOK, m)
}

// onManifest puts an act on a carrier's manifest to the book.
func (s *web) onManifest(w http.ResponseWriter, r *http.Request, in any, fill func(*ledger.OnManifest)) (ledger.Outcome, error) {
	key, err := contract.Key(r.Header)
	if err != nil {
		return ledger.Outcome{}, err
	}
	name, err := pathName(r, "carrier")
	if err != nil {
		return ledger.Outcome{}, err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return ledger.Outcome{}, err
	}
	if err := signedBody(r.Context(), body, in); err != nil {
		return ledger.Outcome{}, err
	}
	c := &ledger.OnManifest{Meta: actor(r.Context()), Carrier: name, Day: s.today()}
	if key != "" {
		c.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	}
	fill(c)
	for _, t := range [...]struct{ field, text string }{{"carrier", c.Carrier}, {"by", c.By}, {"reason", c.Reason}} {
		if err := contract.CheckText(t.field, t.text, textMax); err != nil {
			return ledger.Outcome{}, err
		}
	}
	if c.By == "" {
		c.By = c.Actor
	}
	out, err := s.book.Do(r.Context(), c)
	if err == nil {
		err = out.Err
	}
	if err == nil && out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	return out, err
}

// closeManifest gives a carrier its manifest. Done again it gives the same one.
func (s *web) closeManifest(w http.ResponseWriter, r *http.Request) error {
	var in contract.ManifestRequest
	out, err := s.onManifest(w, r, &in, func(c *ledger.OnManifest) { c.Act, c.By = ledger.ManifestClose, in.By })
	if err != nil {
		return err
	}
	e := out.Entry
	if b := e.Manifest(); b.Still { // the one that was closed before
		if e, err = s.book.ManifestEntry(b.Carrier, b.Number); err != nil {
			return err
		}
	}
	return s.answerManifest(w, e)
}

// strikeManifest strikes a shipment off a carrier's manifest.
func (s *web) strikeManifest(w http.ResponseWriter, r *http.Request) error {
	var in contract.StrikeRequest
	out, err := s.onManifest(w, r, &in, func(c *ledger.OnManifest) {
		c.Act, c.By, c.Shipment, c.Reason = ledger.ManifestStrike, in.By, in.Shipment, in.Reason
	})
	if err != nil {
		return err
	}
	b := out.Entry.Manifest()
	return writeJSON(w, http.StatusOK, contract.Strike{Carrier: b.Carrier, Number: b.Number, Shipment: b.Shipment, Reason: b.Reason, By: b.By, Struck: b.Struck, Seq: uint64(out.Entry.Seq)})
}

func docCarriers() contract.Route {
	return contract.Route{Summary: "The carriers of this site and their services (node --carriers); none where a dispatch may name any", Answers: ok("The carriers", contract.CarrierList{}), Codes: listCodes()}
}

func docManifest() contract.Route {
	return contract.Route{Summary: "A carrier's open manifest: what has left with it since the last one was closed", Answers: ok("The manifest", contract.Manifest{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docLastManifest() contract.Route {
	return contract.Route{Summary: "A carrier's last closed manifest", Answers: ok("The manifest", contract.Manifest{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docCloseManifest() contract.Route {
	return contract.Route{Summary: "Close a carrier's manifest: it is handed over with what stands on it, and written as a file where the node writes labels. Works while the line to head office is down. Done again while nothing has left since, it gives the same one",
		Key: contract.KeyTaken, Request: contract.ManifestRequest{}, Answers: ok("The manifest", contract.Manifest{}), Codes: append(writeCodes(), contract.CodeBadValue, contract.CodeNotFound)}
}

func docStrikeManifest() contract.Route {
	return contract.Route{Summary: "Strike a shipment off a carrier's open manifest: the carrier has not taken it. Its goods are booked as what came back (POST /v1/fulfilments/{id}/come-back). Done again it changes nothing",
		Key: contract.KeyTaken, Request: contract.StrikeRequest{}, Answers: ok("It is struck off", contract.Strike{}), Codes: append(writeCodes(), contract.CodeBadValue, contract.CodeNotFound, contract.CodeManifestClosed)}
}
