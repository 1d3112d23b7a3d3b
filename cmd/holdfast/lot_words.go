package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// receiptWord reads a line such as TAP-22=5@LOT7:2027-01-31, or DRILL-9=2@SN1,SN2.
func receiptWord(word string) (l contract.ReceiptLine, err error) {
	sku, q, of, err := lottedWord(word, "TAP-22=5 or TAP-22=5@LOT7:2027-01-31")
	if err != nil {
		return l, err
	}
	l = contract.ReceiptLine{SKU: sku, Qty: q}
	if len(of) > 1 {
		for _, n := range of {
			l.Serials = append(l.Serials, string(n.Lot))
		}
		return l, nil
	}
	for _, n := range of {
		l.Lot, l.Expiry = string(n.Lot), n.Expiry
	}
	return l, nil
}

// lottedWord reads what a word such as TAP-22=5@LOT7:2027-01-31 is about, how many, and of which lots. like is shown where it is none.
func lottedWord(word, like string) (what string, q ledger.Qty, of []contract.LotQty, err error) {
	what, rest, ok := strings.Cut(word, "=")
	count, lots, named := strings.Cut(rest, "@")
	n, bad := strconv.ParseInt(count, 10, 64)
	if !ok || bad != nil || named && lots == "" {
		return "", 0, nil, fmt.Errorf("%w: %q is no line such as %s", errUsage, word, like)
	}
	if named {
		of, err = lotsAndDay(lots, ledger.Qty(max(n, -n)))
	}
	return what, ledger.Qty(n), of, err
}

// lotsAndDay is lotWords of a text that may end with the lot's last day.
func lotsAndDay(text string, q ledger.Qty) (out []contract.LotQty, err error) {
	names, day, err := lotAndDay(text)
	if err != nil {
		return nil, err
	}
	if out, err = lotWords(names, q); err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Expiry = day
	}
	return out, nil
}

// lotWords reads which lot q units are of, or which serial numbers. A name that holds a comma, a colon or an at sign is written with %2C, %3A or %40.
func lotWords(text string, q ledger.Qty) (out []contract.LotQty, err error) {
	names := strings.Split(text, ",")
	if len(names) == 1 {
		lot, err := lotName(text)
		return []contract.LotQty{{Lot: lot, Qty: q}}, err
	}
	if ledger.Qty(len(names)) != q {
		return nil, fmt.Errorf("%w: %d serial numbers are named, of %d units; a comma that is part of a name is written %%2C", errUsage, len(names), q)
	}
	for _, name := range names {
		lot, err := lotName(name)
		if err != nil {
			return nil, err
		}
		out = append(out, contract.LotQty{Lot: lot, Qty: 1})
	}
	return out, nil
}

// lotName reads one name as a word of a command line has it.
func lotName(text string) (ledger.LotID, error) {
	name, err := url.PathUnescape(text)
	if err != nil || name == "" {
		return "", fmt.Errorf("%w: %q is no name of a lot: a percent sign in one is written %%25", errUsage, text)
	}
	return ledger.LotID(name), nil
}

// lotAndDay takes the last day off the end of a lot's name, where it has one. What stands behind a colon and is no day is a slip: of goods that came in
// under it nobody would know when they are over.
func lotAndDay(text string) (lot, expiry string, err error) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 {
		return text, "", nil
	}
	if day, bad := ledger.ParseExpiry(text[at+1:]); bad != nil || day == 0 || at == 0 {
		return "", "", fmt.Errorf("%w: %q is no lot with its last day, such as LOT7:2027-01-31; a colon that is part of a name is written %%3A", errUsage, text)
	}
	return text[:at], text[at+1:], nil
}
