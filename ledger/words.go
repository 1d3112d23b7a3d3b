package ledger

import (
	"fmt"
	"strings"
)

// A SKU names one stocked article, for example "TAP-22". ParseSKU is the only way in from
// outside, so a SKU in hand is a valid one. The zero SKU means none.
type SKU string

// A SiteID names a place with its own stock and node: a to z, 0 to 9 and hyphens, at most 32
// bytes. "hq" is head office and never a site. The zero SiteID means none.
type SiteID string

// HQ is head office where a site is named as the owner of an order.
const HQ SiteID = "hq"

// A Holder may promise allotted units without asking their owner: head office, a site, a till.
type Holder string

// HolderHQ is head office as a holder of a site's units.
const HolderHQ Holder = "hq"

// A Bin is a place inside a site. The zero Bin means none.
type Bin string

// BinDefault takes goods whose receipt names no bin.
const BinDefault Bin = "MAIN"

// An OrderID is a UUIDv7 in its lower-case text form; it sorts by the moment it was made.
type OrderID string

// Seq numbers a site's entries from 1, without gaps, across epochs. 0 means before the first.
type Seq uint64

// Epoch counts the lives of a site's book, from 1. Head office issues it; 0 means none yet.
type Epoch uint64

const (
	skuMax  = 40
	siteMax = 32
	binMax  = 32
)

// ParseSKU takes a SKU from outside: 1 to 40 bytes of letters, digits and . _ / + # -.
func ParseSKU(s string) (SKU, error) {
	if err := checkName("sku", s, skuMax, "._/+#-", true); err != nil {
		return "", err
	}
	return SKU(s), nil
}

// ParseSite takes a site's name from outside: 1 to 32 bytes of a-z, 0-9 and hyphens, not "hq".
func ParseSite(s string) (SiteID, error) {
	if err := checkName("site", s, siteMax, "-", false); err != nil {
		return "", err
	}
	if SiteID(s) == HQ {
		return "", &FormError{Field: "site", Why: `"hq" is head office, not a site`}
	}
	return SiteID(s), nil
}

// ParseBin takes a bin's name from outside; an empty one means BinDefault.
func ParseBin(s string) (Bin, error) {
	if s == "" {
		return BinDefault, nil
	}
	if err := checkName("bin", s, binMax, "._-", true); err != nil {
		return "", err
	}
	return Bin(s), nil
}

func checkName(field, s string, most int, extra string, upper bool) error {
	if s == "" {
		return &FormError{Field: field, Why: "is empty"}
	}
	if len(s) > most {
		return &FormError{Field: field, Why: fmt.Sprintf("is longer than %d bytes", most)}
	}
	for i := range len(s) {
		c := s[i]
		ok := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || upper && c >= 'A' && c <= 'Z' || strings.IndexByte(extra, c) >= 0
		if !ok {
			return &FormError{Field: field, Why: fmt.Sprintf("has %q in it", rune(c))}
		}
	}
	return nil
}
