package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// An Asset is something of head office's own that sites use without asking: what a customer may buy on account, what is
// on a card, how often a promotion may be given. Head office is its owner and this record its book, so
//
//	limit = free + used + sum over sites of (has + coming - off)
//
// at every moment: what a site is given is free no more before the site is told, and is free again only when the site's
// entry has given it up. Exposure, what is used and what may still be, is the limit less what is free.
type Asset struct {
	ID      ledger.AssetID
	Limit   ledger.Qty    // set by a person, raised by loads
	Used    ledger.Qty    // by the sites' journals, less what was released and paid; below 0 where it is paid ahead
	Free    ledger.Qty    // head office's own remainder; below 0 where the limit was lowered, or facts came late
	Holders []AssetHolder // by site
	Set     Signed        // who set the limit last
	Over    uint64        // the exception that is open while more is used than the limit; 0 for none
}

// An AssetHolder is what one site may use of an asset, as its journal tells it.
type AssetHolder struct {
	Site     ledger.SiteID
	Wish     ledger.Qty // the standing level: what is missing is given as long as there is some
	Want     ledger.Qty // asked for once, by a site that has a customer before it; 0 when it was given
	Has      ledger.Qty
	Coming   ledger.Qty // given, and not in its journal yet
	Recalled ledger.Qty // recalled, and not answered yet
	Off      ledger.Qty // of has and coming, what was written off with a lost site
}

// Claimed is what the site may use, or will be able to, and nobody has written off.
func (h *AssetHolder) Claimed() ledger.Qty { return h.Has + h.Coming - h.Off }

// Allotted is what all sites may use.
func (a *Asset) Allotted() (sum ledger.Qty) {
	for i := range a.Holders {
		sum += a.Holders[i].Claimed()
	}
	return sum
}

// AssetSet numbers what a SetAsset does. In the raft log: only ever appended to.
type AssetSet uint8

// What a SetAsset does.
const (
	AssetLimit AssetSet = 1 // Amount is the limit from now on
	AssetAllot AssetSet = 2 // Amount is the level that Site is to have, as long as there is some
	AssetAsk   AssetSet = 3 // Site needs Amount now: a level, so a repeat is harmless
	AssetPaid  AssetSet = 4 // Amount was received at head office; below zero a payment was taken back
)

// SetAsset is what head office does with an asset.
type SetAsset struct {
	Asset   ledger.AssetID
	Do      AssetSet
	Site    ledger.SiteID
	Amount  ledger.Qty
	Key     ledger.Digest
	Request ledger.Digest
	Ref     string // of a payment: its document
	By      string
	Reason  string
	At      time.Time
}

// AssetCommands is what Build.Commands has to be of every server before a SetAsset is given. No site is given an asset
// before one, so no entry of one is folded.
const AssetCommands = int(kindAsset)

func (*SetAsset) kind() kind { return kindAsset }

// assetSumMax bounds every amount of an asset, so that sums do not wrap.
const assetSumMax = ledger.Qty(1) << 60

func (c *SetAsset) check() error {
	if _, err := ledger.ParseAsset(string(c.Asset)); err != nil {
		return err
	}
	switch {
	case c.By == "":
		return &ledger.FormError{Field: "by", Why: "is empty: somebody has to sign"}
	case c.Do < AssetLimit || c.Do > AssetPaid:
		return ErrUnknownCommand
	case c.Amount > ledger.QtyMax || c.Amount < -ledger.QtyMax:
		return &ledger.FormError{Field: "amount", Why: "is beyond all bounds"}
	case c.Do == AssetPaid && c.Asset.Kind() != ledger.AssetCredit:
		return &ledger.FormError{Field: "asset", Why: "is no account: only what was bought on account is paid for"}
	case c.Do == AssetPaid && c.Amount == 0:
		return &ledger.FormError{Field: "amount", Why: "is 0: say how much was paid"}
	case c.Do == AssetPaid && c.Amount < 0 && c.Reason == "":
		return &ledger.FormError{Field: "reason", Why: "is empty: say why a payment is taken back"}
	case c.Do != AssetPaid && c.Amount < 0:
		return &ledger.FormError{Field: "amount", Why: "is below zero: the least is 0"}
	}
	return nil
}

func (m *Machine) setAsset(c *SetAsset) Result {
	if res, done := m.remembered(c.Key, c.Request); done {
		return res
	}
	var res Result
	res.Err = m.atomically(func() error {
		if err := c.check(); err != nil {
			return err
		}
		_, known := m.assets.get(c.Asset)
		if !known && c.Do != AssetLimit {
			return ErrAssetUnknown
		}
		a := m.editAsset(c.Asset)
		switch c.Do {
		case AssetLimit:
			a.Free += c.Amount - a.Limit
			a.Limit, a.Set = c.Amount, m.signed(c.By, c.Reason, c.At)
		case AssetPaid:
			a.Used -= c.Amount
			a.Free += c.Amount
		default:
			site, ok := m.sites.get(c.Site)
			if !ok {
				return &SiteUnknownError{Site: c.Site}
			}
			if why := m.Closed(site); why != "" && c.Amount > 0 {
				return &AssetClosedError{Site: c.Site, Why: why}
			}
			h := a.holder(c.Site)
			if c.Do == AssetAsk {
				h.Want = c.Amount
			} else {
				h.Wish = c.Amount
			}
		}
		if max(a.Free, -a.Free, a.Used, -a.Used) > assetSumMax {
			return &ledger.FormError{Field: "amount", Why: fmt.Sprintf("brings the account beyond %d minor units, and no more is counted: open another one", assetSumMax)}
		}
		why := m.causeOfCommand(Subject("asset/"+c.Asset), c.At)
		if c.Do == AssetAllot {
			h := a.holder(c.Site) // a person's word does not wait for an answer that is under way
			m.askBack(a, h, h.Claimed()-c.Amount, why)
		}
		m.settleAsset(a, why, c.At)
		res.Answer = m.rememberAsset(c, a)
		return nil
	})
	return res
}

// editAsset gives the record of an asset, a new one where there was none.
func (m *Machine) editAsset(id ledger.AssetID) *Asset {
	a, ok := edit(m.assets.table, id, func(a *Asset) *Asset {
		c := *a
		c.Holders = slices.Clone(a.Holders)
		return &c
	})
	if !ok {
		a = &Asset{ID: id}
		m.assets.put(id, a)
	}
	return a
}

// holder gives the row of a site, a new one where there was none. It holds until the next call.
func (a *Asset) holder(site ledger.SiteID) *AssetHolder {
	i, ok := slices.BinarySearchFunc(a.Holders, site, func(h AssetHolder, site ledger.SiteID) int { return strings.Compare(string(h.Site), string(site)) })
	if !ok {
		a.Holders = slices.Insert(a.Holders, i, AssetHolder{Site: site})
	}
	return &a.Holders[i]
}

// assetsFrozen says whether nothing of head office's own is given: it went back in time, and what it gave before may
// stand in a journal that it has not heard to its end.
func (m *Machine) assetsFrozen() bool {
	if m.counters.Behind.Known() {
		return true
	}
	if m.counters.H.Counter == 1 {
		return false
	}
	return slices.ContainsFunc(m.derived.sites, func(id ledger.SiteID) bool {
		s, _ := m.sites.get(id)
		return m.Awaited(s)
	})
}

// settleAsset gives what is free to whom it is wished: who asked first, then who is short of the standing level. What
// lacks is recalled.
func (m *Machine) settleAsset(a *Asset, why *cause, at time.Time) {
	m.assetOver(a, at)
	if m.assetsFrozen() {
		return
	}
	lack := max(-a.Free, 0)
	asked := ledger.Qty(0)
	for i := range a.Holders {
		h := &a.Holders[i]
		m.giveAsset(a, h, h.Want-h.Claimed(), why)
		if short := h.Want - h.Claimed(); short > 0 && m.openFor(h.Site) {
			asked += short
		} else {
			h.Want = 0
		}
	}
	if lack += asked; lack == 0 {
		for i := range a.Holders {
			h := &a.Holders[i]
			m.giveAsset(a, h, h.Wish-h.Claimed(), why)
		}
		return
	}
	surplus := ledger.Qty(0)
	for i := range a.Holders {
		h := &a.Holders[i]
		surplus += max(0, h.Claimed()-max(h.Wish, h.Want))
	}
	for i := range a.Holders {
		h := &a.Holders[i]
		spare := h.Claimed() - max(h.Wish, h.Want)
		if surplus < lack && h.Want == 0 {
			spare = h.Claimed() // a standing level yields to a customer who is there
		}
		if a.Free < 0 && surplus < lack {
			spare = h.Claimed()
		}
		m.recallAsset(a, h, min(lack, spare), why)
	}
}

// openFor says whether a site may be given anything.
func (m *Machine) openFor(site ledger.SiteID) bool {
	s, ok := m.sites.get(site)
	return ok && m.Closed(s) == ""
}

// giveAsset gives a site up to q of what is free: head office gives up first.
func (m *Machine) giveAsset(a *Asset, h *AssetHolder, q ledger.Qty, why *cause) {
	if q = min(q, a.Free, ledger.QtyMax-h.Has-h.Coming); q <= 0 || h.Off > 0 || !m.openFor(h.Site) {
		return
	}
	a.Free -= q
	h.Coming += q
	m.issue(h.Site, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandCredit, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: ledger.SKU(a.ID), Qty: q}}})
}

// recallAsset asks a site for q of what it has, by a level. One that has not answered is not asked again: its answer
// settles the asset anew.
func (m *Machine) recallAsset(a *Asset, h *AssetHolder, q ledger.Qty, why *cause) {
	if h.Recalled == 0 {
		m.askBack(a, h, q, why)
	}
}

func (m *Machine) askBack(a *Asset, h *AssetHolder, q ledger.Qty, why *cause) {
	if q <= 0 || !m.openFor(h.Site) {
		return
	}
	h.Recalled = q
	m.issue(h.Site, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandRecall, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: ledger.SKU(a.ID), Qty: h.Has + h.Coming - q}}})
}

// assetOver keeps an exception open while more is used than the limit.
func (m *Machine) assetOver(a *Asset, at time.Time) {
	switch over := a.Used - a.Limit; {
	case over > 0 && a.Over == 0:
		m.raise(Exception{What: "asset_over", Why: fmt.Sprintf("%s: %d is used, %d more than its limit: ask for payment, or raise the limit", a.ID, a.Used, over)}, at)
		a.Over = m.counters.Exceptions
	case over <= 0 && a.Over != 0:
		if e, ok := m.exceptions.get(keyOfRank(a.Over)); ok && !e.Resolved.Done() {
			m.resolved(e, Signed{By: ownerHQ, Reason: "no more is used than the limit", At: at})
		}
		a.Over = 0
	}
}

// settleAssets settles all assets, when head office may give again.
func (m *Machine) settleAssets(why *cause, at time.Time) {
	if m.assets.Len() == 0 || m.assetsFrozen() {
		return
	}
	for _, id := range m.assetIDs() {
		if a, ok := m.assets.get(id); ok && a.unsettled() {
			m.settleAsset(m.editAsset(id), why, at)
		}
	}
}

// unsettled says whether somebody wants more of the asset, or more is out than there is.
func (a *Asset) unsettled() bool {
	return a.Free < 0 || a.Over != 0 || slices.ContainsFunc(a.Holders, func(h AssetHolder) bool { return h.Want != 0 || h.Wish > h.Claimed() })
}

// assetIDs lists all assets, also those that this command has staged.
func (m *Machine) assetIDs() []ledger.AssetID {
	out := append(slices.Clone(m.derived.assets), m.assets.touched()...)
	slices.Sort(out)
	return slices.Compact(out)
}

// writeOffAssets gives head office back what a lost site has of its assets. Should the site come back it is asked for it.
func (m *Machine) writeOffAssets(c *WriteOff, why *cause) {
	for _, id := range m.assetIDs() {
		a, _ := m.assets.get(id)
		at := slices.IndexFunc(a.Holders, func(h AssetHolder) bool { return h.Site == c.Site })
		if at < 0 || a.Holders[at].Claimed() <= 0 && a.Holders[at].Wish == 0 {
			continue
		}
		a = m.editAsset(id)
		h := &a.Holders[at]
		q := max(h.Claimed(), 0)
		h.Wish, h.Want, h.Off = 0, 0, h.Off+q
		a.Free += q
		m.issue(c.Site, ledger.HQCommand{ID: why.decided(), Kind: ledger.CommandRecall, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: ledger.SKU(id)}}})
		m.settleAsset(a, why, c.At)
	}
}

// answerOfAsset begins the id under which an answer about an asset is remembered.
const answerOfAsset = "asset/"

// rememberAsset keeps what a client was told of an asset under its key, for ever.
func (m *Machine) rememberAsset(c *SetAsset, a *Asset) *Answer {
	out := &Answer{Request: c.Request, Order: &ledger.Order{ID: ledger.OrderID(answerOfAsset + string(a.ID)),
		Lines: []ledger.Line{{SKU: "limit", Qty: a.Limit}, {SKU: "used", Qty: a.Used}, {SKU: "free", Qty: a.Free}}}}
	m.remember(c.Key, out)
	return out
}

// AssetAnswer is what an answer said of an asset: its limit, what was used and what was free. ok is false where it is about none.
func (a *Answer) AssetAnswer() (id ledger.AssetID, limit, used, free ledger.Qty, ok bool) {
	name, ok := strings.CutPrefix(string(a.Order.ID), answerOfAsset)
	if !ok || len(a.Order.Lines) != 3 {
		return "", 0, 0, 0, false
	}
	return ledger.AssetID(name), a.Order.Lines[0].Qty, a.Order.Lines[1].Qty, a.Order.Lines[2].Qty, true
}

// checkAssets holds each asset against its equation.
func (m *Machine) checkAssets() error {
	for id, a := range m.assets.Sorted() {
		if sum := a.Free + a.Used + a.Allotted(); sum != a.Limit {
			return fmt.Errorf("asset %s: free %d + used %d + allotted %d is %d, its limit is %d", id, a.Free, a.Used, a.Allotted(), sum, a.Limit)
		}
		for i := range a.Holders {
			h := &a.Holders[i]
			if min(h.Wish, h.Want, h.Coming, h.Recalled, h.Off) < 0 || i > 0 && a.Holders[i-1].Site >= h.Site {
				return fmt.Errorf("asset %s at %s: %+v", id, h.Site, *h)
			}
		}
	}
	return nil
}

// Asset gives one asset. It must not be changed.
func (m *Machine) Asset(id ledger.AssetID) (*Asset, bool) { return m.assets.Get(id) }

// Assets lists assets behind after, at most limit, by name.
func (m *Machine) Assets(after ledger.AssetID, limit int) (out []*Asset) {
	i, found := slices.BinarySearch(m.derived.assets, after)
	if found {
		i++
	}
	for ; i < len(m.derived.assets) && len(out) < limit; i++ {
		a, _ := m.assets.Get(m.derived.assets[i])
		out = append(out, a)
	}
	return out
}

// packAsset says how assets are kept: packed, for there may be as many as cards.
func packAsset() packing[ledger.AssetID, Asset] {
	return packing[ledger.AssetID, Asset]{
		pack: func(c *coder, _ ledger.AssetID, v *Asset) { c.asset(v) },
		unpack: func(b []byte) (*Asset, error) {
			v := &Asset{}
			return v, read(b, func(c *coder) { c.asset(v) })
		},
	}
}
