package contract

import "github.com/holdfast-stock/holdfast/ledger"

// Posting is one line of an entry, on one account.
type Posting struct {
	SKU     ledger.SKU `json:"sku"`
	Account string     `json:"account" jsonschema:"for example whose/allotted/hq"`
	Qty     ledger.Qty `json:"qty"`
}

// Entry is one fact of a site's journal.
type Entry struct {
	Seq      uint64    `json:"seq"`
	Epoch    uint64    `json:"epoch"`
	At       string    `json:"at"`
	Kind     string    `json:"kind"`
	Ref      string    `json:"ref"`
	Actor    string    `json:"actor,omitempty" jsonschema:"who did it: a user, or owner for the bearer of the owner's token"`
	Device   string    `json:"device,omitempty" jsonschema:"at which till or handheld"`
	Approver string    `json:"approver,omitempty" jsonschema:"the second person who approved it"`
	Postings []Posting `json:"postings"`
	Hash     string    `json:"hash" jsonschema:"SHA-256 over the hash before, site, epoch, seq and the stored bytes, in hex"`
}

// EntryList is a page of a journal. NextCursor also serves as after.
type EntryList struct {
	Entries    []Entry `json:"entries"`
	NextCursor string  `json:"next_cursor,omitempty"`
	TrimmedSeq uint64  `json:"trimmed_seq,omitempty" jsonschema:"the journal was trimmed up to here; left out where it is whole"`
}

// RenderEntry gives an entry with the hash that stands beside it.
func RenderEntry(e *ledger.Entry, hash ledger.Hash) Entry {
	out := Entry{Seq: uint64(e.Seq), Epoch: uint64(e.Epoch), At: Moment(e.At), Kind: e.Kind.String(), Ref: e.Ref, Actor: e.Actor, Device: e.Device, Approver: e.Approver,
		Postings: make([]Posting, len(e.Postings)), Hash: hash.String()}
	for i, p := range e.Postings {
		out.Postings[i] = Posting{SKU: p.SKU, Account: p.Account.String(), Qty: p.Qty}
	}
	return out
}
