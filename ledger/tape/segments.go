package tape

// Segments gives the first number of each segment, oldest first; the last one is written to. Trim
// removes whole segments, so these are the places where a tape can come to begin.
func (t *Tape) Segments() []uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	firsts := make([]uint64, len(t.segments))
	for i, s := range t.segments {
		firsts[i] = s.first
	}
	return firsts
}
