package tape

// Lookups reads records by their numbers, one look-up after the other, and keeps meanwhile what it has read of a segment: a neighbour
// of the last record, on either side, mostly costs no read of the file. It is for one goroutine. Close it.
type Lookups struct{ c *Cursor }

// Lookups begins look-ups; it reads nothing yet.
func (t *Tape) Lookups() Lookups {
	c := t.scanners.Get().(*Cursor)
	*c = Cursor{t: t, scan: scanner{buf: c.scan.buf, text: c.scan.text, ahead: readNear}}
	return Lookups{c}
}

// Read is Tape.Read.
func (l *Lookups) Read(number uint64, buf []byte) (Record, error) {
	r, err := l.c.read(number)
	if err != nil {
		return Record{}, err
	}
	r.Bytes = append(buf[:0], r.Bytes...)
	return r, nil
}

// Close frees what the look-ups hold. It may be called twice; nothing may be read afterwards.
func (l *Lookups) Close() error {
	c := l.c
	if c == nil {
		return nil
	}
	l.c = nil
	err := c.Close()
	if cap(c.scan.buf) <= bufMax && cap(c.scan.text) <= bufMax {
		c.t.scanners.Put(c)
	}
	return err
}
