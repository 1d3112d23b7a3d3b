package tape

// Full says whether the last try to make a spare found no room on the disk. What Room says can
// still be appended; a later try ends it.
func (t *Tape) Full() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.full
}
