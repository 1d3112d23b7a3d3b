package ledger

// An Opened is one frame of a journal, decoded and verified, ready to be folded into a state.
// Reading the next frame into it uses its memory again, and strings that come again and again
// (SKUs, bins) are kept once. One goroutine may read into one Opened while another folds a
// second: they share nothing. The zero Opened is ready.
type Opened struct {
	Frame    *Frame
	Entries  []Entry // with postings and bodies; only the bodies outlive the next Read, but those that are recycled
	own      Frame   // that was read from stored bytes
	postings []Posting
	share    sharer
}

// recycle takes back the bodies of refused orders and of closed ones, for the next Read to use.
// It is for who keeps neither, as an auditor does.
func (o *Opened) recycle() {
	for i := range o.Entries {
		e := &o.Entries[i]
		if b, ok := e.Body.(*OrderBody); ok && (e.Kind == KindRefused || !b.Order.isOpen()) && len(o.share.bodies) < bodiesMax {
			o.share.bodies = append(o.share.bodies, b)
			e.Body = nil
		}
	}
}

// Read decodes the stored bytes of a frame, checks its chain and decodes its entries. raw must
// stay as it is until the entries are folded.
func (o *Opened) Read(raw []byte) error {
	if err := o.own.decode(raw); err != nil {
		return err
	}
	if err := o.own.Verify(); err != nil {
		return err
	}
	return o.open(&o.own)
}

// open decodes the entries of a frame that has been verified.
func (o *Opened) open(f *Frame) error {
	o.Frame = f
	if cap(o.Entries) < len(f.Entries) {
		o.Entries = make([]Entry, len(f.Entries))
	}
	o.Entries = o.Entries[:len(f.Entries)]
	o.postings = o.postings[:0]
	for i := range o.Entries {
		e := &o.Entries[i]
		*e = Entry{Postings: o.postings[len(o.postings):]} // they lie behind one another
		if err := f.read(i, e, &o.share); err != nil {
			return err
		}
		o.postings = append(o.postings, e.Postings...)
	}
	return nil
}

// follows says whether the frame goes on where s has come to.
func (o *Opened) follows(s *State) bool {
	return o.Frame.First == s.Seq+1 && o.Frame.Before == s.Hash
}
