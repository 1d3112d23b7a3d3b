package tape

import "context"

// RecordMax bounds the bytes of one record.
const RecordMax = 8 << 20
const ownerMax = 255

// A Record is what one Append wrote: the numbers First to First+Count-1.
type Record struct {
	First uint64
	Count uint32
	Bytes []byte
}

// Last is the last number of the record.
func (r Record) Last() uint64 { return r.First + uint64(r.Count) - 1 }

// A Tape is an open tape. Its methods may be called from any goroutine.
type Tape struct{}

// A Tear is what a crash left of one write that nobody was told of.
type Tear struct {
	File     string // full path
	From, To int64  // bytes of it
}

// Create makes a tape whose first record will begin at number first (at least 1), in a folder
// that holds none, and opens it. When it returns, the empty tape survives a power cut.
func Create(cfg Config, env Env, first uint64) (*Tape, error) { panic("not yet") }

// Open opens a tape to be read and appended to. after is the last number that the caller's
// checkpoint holds: the tape must reach at least that far, and every record beyond it (and all
// of the segment it lies in) is read and checked. The last record found is written again and
// synced, for a killed process or a failed sync may have left it only in memory; so all that
// the open tape shows is on the disk. A torn end is passed over and reported by Torn; the
// caller compares Last with its witness before it appends. ErrNoTape where there is none.
func Open(cfg Config, env Env, after uint64) (*Tape, error) { panic("not yet") }

// OpenReadOnly opens a tape that nobody writes to, for an audit. It changes nothing on the disk
// and reads only the last segment: walk the tape to check the rest.
func OpenReadOnly(cfg Config, env Env) (*Tape, error) { panic("not yet") }

// First is the first number held; Last()+1 where the tape holds none.
func (t *Tape) First() uint64 { panic("not yet") }

// Last is the last number that is synced; one less than the tape began at where it holds none.
func (t *Tape) Last() uint64 { panic("not yet") }

// Torn says what Open found of a write that was under way at a crash. It stays on the disk as
// it is, evidence for whoever finds that something answered is missing, until the first Append.
func (t *Tape) Torn() (Tear, bool) { panic("not yet") }

// Size is the bytes of all segments and the spare.
func (t *Tape) Size() int64 { panic("not yet") }

// Room is how many bytes can be appended though the disk be full: what is left in the current
// segment and in the spare. A record takes Cost of it. A record that does not fit into the
// current segment leaves the rest of it unused.
func (t *Tape) Room() int64 { panic("not yet") }

// Cost is the room that a record of n bytes takes.
func Cost(n int) int64 { panic("not yet") }

// Err is the failure that ended writing, or nil.
func (t *Tape) Err() error { panic("not yet") }

// Append writes one record of count numbers and syncs it; when it returns nil the record
// survives a power cut and is shown to readers. It keeps no reference to b.
//
// ErrFull and ErrTooLarge say that nothing was written and the tape goes on. Any other error is
// final: the record may or may not be found when the tape is opened again, and until then every
// Append gives the same error. first must be Last()+1, count at least 1 and b not empty, or
// Append panics: the caller's numbers are wrong, and nothing it says should be kept.
func (t *Tape) Append(first uint64, count uint32, b []byte) error { panic("not yet") }

// Prepare makes spare segments ahead of their need until ctx ends, and then returns nil. Where
// the disk is full it tries again each second. Any other return is a fault that has ended the
// tape. At most one Prepare may run.
func (t *Tape) Prepare(ctx context.Context) error { panic("not yet") }

// Read gives the record that holds number, checked. Its bytes are in buf where that is large
// enough (it may be nil), else in a slice of their own. ErrTrimmed, ErrAhead, *DamageError.
func (t *Tape) Read(number uint64, buf []byte) (Record, error) { panic("not yet") }

// Cursor gives the records forward from the one that holds number from; 0 means First. Close it.
func (t *Tape) Cursor(from uint64) *Cursor { panic("not yet") }

// A Cursor reads forward. It is for one goroutine.
type Cursor struct{}

// Next gives the next record, checked; its bytes are good until the next call. io.EOF says that
// there is no more yet: after further appends Next goes on. ErrTrimmed says that Trim has
// overtaken the cursor.
func (c *Cursor) Next() (Record, error) { panic("not yet") }

// Close frees what the cursor holds. It may be called twice.
func (c *Cursor) Close() error { panic("not yet") }

// Trim removes segments all of whose numbers lie below before, oldest first, and never the
// current one. It removes at most a few a call: more says that there is more to do.
func (t *Tape) Trim(before uint64) (more bool, err error) { panic("not yet") }

// Close frees the files. It waits for the append under way; it may be called twice.
func (t *Tape) Close() error { panic("not yet") }
