package bench

import (
	"bytes"
	"encoding/json"
)

// skimEach is of how many lists one is read whole.
const skimEach = 16

// A skim reads of a list whether something is on it and where it goes on, as a screen's next page needs; the whole of it would take the client as much
// processor time as the node needed to make it, on processors that the two share. One list in skimEach is read whole, and the two readings have to agree.
type skim struct {
	whole any    // where the list is read into then
	each  string // what stands before each of its things, such as "sku":
	some  bool
	next  string
}

// read takes in the nth answer of a client.
func (s *skim) read(body []byte, n uint64) error {
	const mark = `"next_cursor":"`
	s.some, s.next = bytes.Contains(body, []byte(s.each)), ""
	if at := bytes.LastIndex(body, []byte(mark)); at >= 0 {
		rest := body[at+len(mark):]
		s.next = string(rest[:max(bytes.IndexByte(rest, '"'), 0)])
	}
	if n%skimEach != 0 {
		return nil
	}
	if err := json.Unmarshal(body, s.whole); err != nil {
		return err
	}
	var end struct {
		NextCursor string `json:"next_cursor"`
	}
	if err := json.Unmarshal(body, &end); err != nil {
		return err
	}
	if end.NextCursor != s.next {
		return &skimError{got: s.next, want: end.NextCursor}
	}
	return nil
}

// A skimError says that a list was misread in passing.
type skimError struct{ got, want string }

func (e *skimError) Error() string {
	return "read of a list in passing that it goes on at " + e.got + ", and not at " + e.want
}
