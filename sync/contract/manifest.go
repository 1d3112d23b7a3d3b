package contract

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Carrier is who takes parcels from a site, as its node was told (node --carriers).
type Carrier struct {
	Name     string   `json:"name" jsonschema:"1 to 64 bytes"`
	Services []string `json:"services,omitempty" jsonschema:"what it offers; left out: a dispatch may name any"`
}

// CarrierList is the carriers of a site, and the file that says them.
type CarrierList struct {
	Version  int       `json:"version" jsonschema:"1"`
	Carriers []Carrier `json:"carriers"`
}

const (
	carriersMax    = 200
	carrierNameMax = 64
)

// ReadCarriers reads the file that says a site's carriers.
func ReadCarriers(raw []byte) (*CarrierList, error) {
	var l CarrierList
	if err := Decode(raw, &l); err != nil {
		return nil, err
	}
	if l.Version != 1 {
		return nil, &ledger.FormError{Field: "version", Why: fmt.Sprintf("is %d; this program reads 1: write the list as that says, or start the program that it was written for", l.Version)}
	}
	if len(l.Carriers) == 0 || len(l.Carriers) > carriersMax {
		return nil, &ledger.FormError{Field: "carriers", Why: fmt.Sprintf("has %d; a site has 1 to %d", len(l.Carriers), carriersMax)}
	}
	seen := map[string]bool{}
	for i, c := range l.Carriers {
		names := append([]string{c.Name}, c.Services...)
		if len(names) > carriersMax {
			return nil, atLine(&ledger.FormError{Field: "services", Why: fmt.Sprintf("has more than %d", carriersMax-1)}, i)
		}
		for _, name := range names {
			if name == "" || len(name) > carrierNameMax || strings.TrimSpace(name) != name {
				return nil, atLine(&ledger.FormError{Field: "name", Why: fmt.Sprintf("%q is empty, longer than %d bytes, or has blanks around it", clip(name), carrierNameMax)}, i)
			}
		}
		if seen[c.Name] {
			return nil, atLine(&ledger.FormError{Field: "name", Why: fmt.Sprintf("%s stands there twice", c.Name)}, i)
		}
		seen[c.Name] = true
	}
	return &l, nil
}

// Check refuses a carrier or a service that a site has not; nil knows every one.
func (l *CarrierList) Check(carrier, service string) error {
	if l == nil || carrier == "" {
		return nil
	}
	var names []string
	for _, c := range l.Carriers {
		names = append(names, c.Name)
		if c.Name != carrier {
			continue
		}
		for _, s := range c.Services {
			if s == service {
				return nil
			}
		}
		if service == "" || len(c.Services) == 0 {
			return nil
		}
		p := New(CodeUnknownCarrier, fmt.Sprintf("%s has no service %s.", carrier, clip(service)))
		p.Field, p.Hint = "service", Known(service, c.Services)
		return p
	}
	p := New(CodeUnknownCarrier, fmt.Sprintf("This site has no carrier %s.", clip(carrier)))
	p.Field, p.Hint = "carrier", Known(carrier, names)
	return p
}

// ManifestRequest closes a carrier's manifest.
type ManifestRequest struct {
	By string `json:"by,omitempty" jsonschema:"who signs, where it is not whoever has signed in; default owner"`
}

// StrikeRequest strikes a shipment off a carrier's manifest.
type StrikeRequest struct {
	Shipment uint64 `json:"shipment" jsonschema:"its number, as the open manifest has it"`
	Reason   string `json:"reason" jsonschema:"why the carrier has not taken it, at most 128 bytes"`
	By       string `json:"by,omitempty" jsonschema:"who signs, where it is not whoever has signed in; default owner"`
}

// ManifestParcel is a parcel on a manifest: a carton, or what left in none.
type ManifestParcel struct {
	Shipment uint64 `json:"shipment" jsonschema:"the carrier's from this site, counted from 1: what left by one dispatch"`
	Order    string `json:"order" jsonschema:"its number, or its id where another book owns it"`
	Service  string `json:"service,omitempty"`
	Tracking string `json:"tracking,omitempty"`
	SSCC     string `json:"sscc,omitempty" jsonschema:"the carton's number"`
	WeightG  int64  `json:"weight_g,omitempty" jsonschema:"grams; left out: nobody has weighed it"`
	Country  string `json:"country,omitempty"`
	Postcode string `json:"postcode,omitempty"`
	Parcel   int    `json:"parcel" jsonschema:"which of those of its shipment, from 1"`
	Of       int    `json:"of"`
	LeftAt   string `json:"left_at"`
	Struck   bool   `json:"struck,omitempty" jsonschema:"it is struck off: its carrier has not taken it after all"`
}

// Manifest is a carrier's manifest: what it has taken since the one before.
type Manifest struct {
	Carrier  string           `json:"carrier"`
	Number   uint64           `json:"number" jsonschema:"of the carrier's manifests at this site, from 1"`
	Status   string           `json:"status" jsonschema:"open or closed"`
	Day      string           `json:"day,omitempty" jsonschema:"on which it was closed, where the site is"`
	ClosedAt string           `json:"closed_at,omitempty"`
	By       string           `json:"by,omitempty"`
	File     string           `json:"file,omitempty" jsonschema:"the name of its file in the folder of the node's labels"`
	Parcels  []ManifestParcel `json:"parcels"`
	Count    int              `json:"count" jsonschema:"parcels that are not struck off"`
	WeightG  int64            `json:"weight_g" jsonschema:"grams of those that were weighed"`
	Seq      uint64           `json:"seq,omitempty" jsonschema:"the entry that closed it"`
	More     bool             `json:"more,omitempty" jsonschema:"more has left than one manifest holds: the rest stands on the next one"`
}

// Strike answers that a shipment is struck off.
type Strike struct {
	Carrier  string   `json:"carrier"`
	Number   uint64   `json:"number" jsonschema:"of the manifest that it would have stood on"`
	Shipment uint64   `json:"shipment"`
	Reason   string   `json:"reason"`
	By       string   `json:"by"`
	Struck   []uint64 `json:"struck" jsonschema:"all that is struck off and on no closed manifest"`
	Seq      uint64   `json:"seq"`
}

// fromManifest says why an act on a manifest was refused.
func fromManifest(e *ledger.ManifestError) *Problem {
	switch {
	case e.Closed > 0:
		p := New(CodeManifestClosed, fmt.Sprintf("Shipment %d stands on manifest %d of %s, which is closed. Nothing was changed.", e.Shipment, e.Closed, clip(e.Carrier)))
		return p
	case e.Act == ledger.ManifestStrike:
		p := NotFound(fmt.Sprintf("%s has no shipment %d from here.", clip(e.Carrier), e.Shipment))
		p.Hint = "Check the number on the parcel: holdfast manifest show says what stands on the open manifest."
		return p
	default:
		p := NotFound(fmt.Sprintf("Nothing has left with %s, so it has no manifest.", clip(e.Carrier)))
		p.Hint = "Check the carrier's name, as the dispatches have it; or dispatch with a carrier first."
		return p
	}
}
