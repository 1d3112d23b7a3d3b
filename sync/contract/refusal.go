package contract

import (
	"errors"
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// FromLedger gives the problem of an error of the ledger, or of a *Problem, as the book at
// (a site, or ledger.HQ) says it. ok is false for an error that is neither: the room's own
// table decides those.
func FromLedger(err error, at ledger.SiteID) (p *Problem, ok bool) {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p, true
	}
	if form, ok := errors.AsType[*ledger.FormError](err); ok {
		return fromForm(form), true
	}
	if lot, ok := errors.AsType[*ledger.LotError](err); ok {
		return fromLot(lot), true
	}
	if short, ok := errors.AsType[*ledger.ShortError](err); ok {
		return fromShort(short, at), true
	}
	if state, ok := errors.AsType[*ledger.StateError](err); ok {
		return fromState(state), true
	}
	if leg, ok := errors.AsType[*ledger.LegError](err); ok {
		return New(CodeOrderState, sentence(leg.Error())), true
	}
	if stage, ok := errors.AsType[*ledger.StageError](err); ok {
		return New(CodeOrderState, sentence(stage.Error())), true
	}
	if draft, ok := errors.AsType[*ledger.DraftError](err); ok {
		return fromDraft(draft), true
	}
	if check, ok := errors.AsType[*ledger.CheckError](err); ok {
		return fromCheck(check), true
	}
	if ruling, ok := errors.AsType[*ledger.RulingError](err); ok {
		return fromRuling(ruling), true
	}
	if count, ok := errors.AsType[*ledger.CountError](err); ok {
		return fromCount(count), true
	}
	if transfer, ok := errors.AsType[*ledger.TransferError](err); ok {
		return fromTransfer(transfer, at), true
	}
	if p, ok := fromPurchase(err, at); ok {
		return p, true
	}
	if back, ok := errors.AsType[*ledger.ReturnError](err); ok {
		return fromReturn(back), true
	}
	if blocked, ok := errors.AsType[*ledger.BlockedError](err); ok {
		return fromBlocked(blocked), true
	}
	if no, ok := errors.AsType[*ledger.BinError](err); ok {
		return fromBin(no), true
	}
	if no, ok := errors.AsType[*ledger.TenderError](err); ok {
		return fromTender(no), true
	}
	if no, ok := errors.AsType[*ledger.DrawerError](err); ok {
		return fromDrawer(no), true
	}
	if card, ok := errors.AsType[*ledger.CardError](err); ok {
		return fromCard(card), true
	}
	if asset, ok := errors.AsType[*ledger.AssetError](err); ok {
		return fromAsset(asset), true
	}
	for _, row := range sentinels() {
		if errors.Is(err, row.err) {
			return fromSentinel(row, err), true
		}
	}
	return nil, false
}

type sentinel struct {
	err    error
	code   Code
	detail string // "": as the code has it
}

func sentinels() []sentinel {
	return []sentinel{
		{ledger.ErrKeyReused, CodeKeyReused, ""},
		{ledger.ErrOrderExists, CodeOrderExists, ""},
		{ledger.ErrOrderUnknown, CodeNotFound, "This book has no such order: another site, or head office, may."},
		{ledger.ErrLegUnknown, CodeNotFound, "This site has nothing to do for such an order."},
		{ledger.ErrTransferUnknown, CodeNotFound, "This book has no such transfer."},
		{ledger.ErrReturnUnknown, CodeNotFound, "This book has no such return."},
		{ledger.ErrNothingPaid, CodeNothingPaid, ""},
		{ledger.ErrTrimmed, CodeTrimmed, ""},
		{ledger.ErrDraftsFull, CodeDraftsFull, ""},
		{ledger.ErrReviewsFull, CodeReviewsFull, ""},
		{ledger.ErrClaimsFull, CodeClaimsFull, ""},
		{ledger.ErrInProgress, CodeInProgress, ""},
		{ledger.ErrQuarantined, CodeQuarantined, ""},
		{ledger.ErrRebuilding, CodeQuarantined, ""},
		{ledger.ErrNotOpened, CodeNotOpened, ""},
		{ledger.ErrFull, CodeDiskFull, ""},
		{ledger.ErrClosed, CodeSiteClosing, ""},
		{ledger.ErrUnsure, CodeUnsure, ""},
		{ledger.ErrBusy, CodeBusy, ""},
	}
}

// fromSentinel gives the problem of a row; of a key that came with another request it says what became of that, where it is known.
func fromSentinel(row sentinel, err error) *Problem {
	reused, ok := errors.AsType[*ledger.KeyReusedError](err)
	if !ok || reused.First == nil {
		return New(row.code, row.detail)
	}
	p := New(CodeKeyReused, "This key came before with another request, which was refused.")
	if first, ok := FromLedger(reused.First, ""); ok {
		p.FirstStatus = first.Status
	}
	return p
}

func fromForm(form *ledger.FormError) *Problem {
	name := form.Field
	if form.Line > 0 {
		name = fmt.Sprintf("lines[%d].%s", form.Line-1, form.Field)
	}
	text := form.Error()
	if form.Line > 0 {
		text = sentence(text)
	} else if !strings.HasSuffix(text, ".") { // a field's name stays as it is sent
		text += "."
	}
	p := New(CodeBadValue, text)
	p.Field, p.Line = name, form.Line
	return p
}

// UnknownSKU refuses a line, from 1 (0: no line), whose SKU is no item.
func UnknownSKU(sku ledger.SKU, line int) *Problem {
	p := New(CodeUnknownSKU, fmt.Sprintf("There is no item %s.", sku))
	p.Field = "sku"
	if line > 0 {
		p = New(CodeUnknownSKU, fmt.Sprintf("Line %d: there is no item %s.", line, sku))
		p.Field, p.Line = fmt.Sprintf("lines[%d].sku", line-1), line
	}
	return p
}

// UnknownSite refuses a field that names no site.
func UnknownSite(field, site string) *Problem {
	p := New(CodeUnknownSite, fmt.Sprintf("There is no site %q.", clip(site)))
	p.Field = field
	return p
}

// UnheardSite refuses a field that names a site which a node has not heard of while it cannot ask.
func UnheardSite(field, site string) *Problem {
	p := New(CodeUnknownSite, fmt.Sprintf("No site %q is known here, and head office cannot be asked now.", clip(site)))
	p.Field, p.Hint = field, "Check the name; if the site was only just added, try again when the line is up."
	return p
}

// NotSupported refuses a wish that the contract knows and this version does not fulfil.
func NotSupported(field, detail string) *Problem {
	p := New(CodeNotSupported, detail)
	p.Field = field
	return p
}

// NotFound says that a named thing is not known here.
func NotFound(detail string) *Problem { return New(CodeNotFound, detail) }

func fromShort(short *ledger.ShortError, at ledger.SiteID) *Problem {
	lines := shortsOf(short)
	p := New(CodeStockShort, shortWords(lines, at))
	p.Lines = lines
	p.Hint = "Take what there is (shortage partial), or let the rest wait for goods (shortage backorder)."
	if len(short.Kits) > 0 {
		p.Hint = "Order fewer, or let the rest wait for goods (shortage backorder)."
	}
	if len(lines) == 1 && lines[0].Due > 0 {
		more := "%s %d more are due in by the day it is needed, and %d are wanted."
		if lines[0].Due == 1 {
			more = "%s %d more is due in by the day it is needed, and %d are wanted."
		}
		p.Detail = fmt.Sprintf(more, p.Detail, lines[0].Due, lines[0].Want)
		p.Hint = "Take what there is by then (shortage partial), say a later day, or let all of it wait for goods (shortage backorder)."
	}
	if short.Past != "" {
		p.Detail = fmt.Sprintf("It was needed by %s, which is over, so nothing that is still to come can be promised for it. %s", short.Past, p.Detail)
		p.Hint = "Say a day that is still to come (need_by), or leave it out and let it wait for goods (shortage backorder)."
	}
	if short.Offline {
		p.Hint = "Head office could not be asked, so other sites may have more. " + p.Hint
	}
	return p
}

func shortWords(lines []Short, at ledger.SiteID) string {
	switch {
	case len(lines) == 0:
		return "There is not enough stock."
	case len(lines[0].Components) > 0 && len(lines) > 1:
		return fmt.Sprintf("%d lines are short. %s", len(lines), kitWords(&lines[0], at))
	case len(lines[0].Components) > 0:
		return kitWords(&lines[0], at)
	case len(lines) == 1:
		return onlyLeft(lines[0].Have, "", at)
	default:
		return fmt.Sprintf("%d lines are short. %s", len(lines), onlyLeft(lines[0].Have, " of "+string(lines[0].SKU), at))
	}
}

func onlyLeft(have ledger.Qty, what string, at ledger.SiteID) string {
	switch {
	case have <= 0 && at == ledger.HQ:
		return "None" + what + " can be promised."
	case have <= 0:
		return "None" + what + " left in " + SiteName(at) + "."
	case at == ledger.HQ:
		return fmt.Sprintf("Only %d%s can be promised.", have, what)
	default:
		return fmt.Sprintf("Only %d%s left in %s.", have, what, SiteName(at))
	}
}

func fromState(state *ledger.StateError) *Problem {
	switch state.Status {
	case ledger.StatusCanceled:
		return New(CodeOrderCanceled, "")
	case ledger.StatusCompleted:
		return New(CodeOrderCompleted, "")
	default:
		return New(CodeOrderState, sentence(state.Error()))
	}
}

// SiteName is a site's name for people: york-2 is York 2, hq is head office.
func SiteName(site ledger.SiteID) string {
	if site == ledger.HQ {
		return "head office"
	}
	parts := strings.Split(string(site), "-")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, " ")
}

// sentence makes an error's text one for people.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if strings.HasPrefix(s, "line ") || strings.HasPrefix(s, "order ") || strings.HasPrefix(s, "this ") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
