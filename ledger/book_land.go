package ledger

// A decided is a group that memory holds and the disk may not yet.
type decided struct {
	head Head          // its last entry
	due  bool          // a checkpoint is due behind it
	done chan struct{} // closed when the disk holds it, or the book has failed over it
}

// cut takes what was decided as frames, for land to bring them to the disk. The caller holds landing and mu, and nobody may be shown
// any of it before the group is done.
func (b *Book) cut() []*Frame {
	n := b.core.Pending()
	if n == 0 {
		return nil
	}
	frames := b.core.Cut()
	b.sinceCheck += n
	b.decided = &decided{head: b.core.State.Head(), due: b.due(1), done: make(chan struct{})}
	return frames
}

// land brings the decided frames to the journal, synced, and only then lets those go on who have seen what is in them. A failed write or
// sync takes nothing back (the bytes may be there after all): the book stops, and after reopening the keys decide. The caller
// holds landing, and not mu: readers go on meanwhile.
func (b *Book) land(frames []*Frame) error {
	if len(frames) == 0 {
		return nil
	}
	d := b.decided // nobody else changes it while landing is held
	defer close(d.done)
	if err := b.append(frames); err != nil {
		return err
	}
	b.durable.Store(&d.head)
	if err := b.writeWitness(d.head); err != nil {
		return b.fail(err)
	}
	b.tell()
	if d.due && b.handed.Load() == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.handOver()
	}
	return nil
}

// seen ends a look at memory that began with mu.RLock, and returns once the disk holds all that may have been seen: an answer that was
// made of it meanwhile may be given then. After a failure nobody knows what the disk holds: the book takes nothing more, and reading goes on.
func (b *Book) seen() {
	d := b.decided
	b.mu.RUnlock()
	d.landed()
}

// seenUpTo is seen for a reader who knows which entry was the last to change what it has looked at.
func (b *Book) seenUpTo(seq Seq) {
	d := b.decided
	b.mu.RUnlock()
	if seq > b.Head().Seq {
		d.landed()
	}
}

// landed waits until the disk holds a group.
func (d *decided) landed() {
	if d != nil {
		<-d.done
	}
}

// headShown is the head that memory had, once it was seen, or the last on the disk where the book has failed.
func (b *Book) headShown(h Head) Head {
	if b.failed.Load() != nil {
		return b.Head()
	}
	return h
}

// tell wakes who waits for news.
func (b *Book) tell() {
	b.news.Lock()
	defer b.news.Unlock()
	close(b.changed)
	b.changed = make(chan struct{})
}

// Changed gives a channel that is closed at the next commit. Take it, then look at what is to
// be seen, then wait: no change is missed.
func (b *Book) Changed() <-chan struct{} {
	b.news.Lock()
	defer b.news.Unlock()
	return b.changed
}
