package ledger

// Transfer gives a transfer as this book knows it, with the entry that says so, or ErrTransferUnknown. What is not on
// the disk yet was shown to nobody.
func (b *Book) Transfer(id TransferID) (*Transfer, Seq, error) {
	for _, state := range transferRank {
		seq, err := b.answeredBy(KeyOfTransfer(id, state))
		if err != nil {
			return nil, 0, err
		}
		if seq == 0 || seq > b.Head().Seq {
			continue
		}
		past := b.reread()
		e, err := past.entry(seq)
		if err != nil {
			return nil, 0, err
		}
		if t := e.heldTransfer(); t != nil && t.ID == id {
			return t, seq, nil
		}
	}
	return nil, 0, ErrTransferUnknown
}

// Answered says whether an entry answers a key, so that whoever comes with it repeats. A key that cannot be looked up counts as new: the book decides.
func (b *Book) Answered(key Digest) bool {
	if key == (Digest{}) {
		return false
	}
	seq, err := b.answeredBy(key)
	return err == nil && seq != 0
}

// answeredBy gives the entry that answers a key; 0 where none does.
func (b *Book) answeredBy(key Digest) (seq Seq, err error) {
	b.mu.RLock()
	ref, ok := b.core.State.keys[key]
	handed := b.handed.Load()
	b.seenUpTo(ref.Seq)
	if !ok && handed != nil {
		ref, ok = handed.keys[key]
	}
	if ok {
		return ref.Seq, nil
	}
	err = b.viewIndex(func(x *index) error {
		seq, err = x.key(key)
		return err
	})
	return seq, err
}
