package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// SeenFile keeps when devices were at this door last, and when head office said last who may come in, beside the book and outside the
// journal. It is in no backup: what it says is of this machine.
const SeenFile = "seen"

const (
	seenVersion = 1
	seenFileMax = 4 << 20

	// KeepEach is how often what was seen is written down, at most: a power cut takes as much of it back.
	KeepEach = time.Minute
)

// ActSeen is the writing of that file.
const ActSeen ledger.Act = "write what was seen"

// A Sighting is when a device was at this door last, and who had signed in at it; "" where nobody had.
type Sighting struct {
	At   time.Time
	User ledger.UserID
}

// sightings are the last of each device. Only devices that are known have one, so there are no more than
// users; devices that came and went do not make them grow.
type sightings struct {
	mu    sync.Mutex // guards what follows
	last  map[ledger.UserID]Sighting
	heard time.Time // when head office said last who may come in, as the file has it; zero: nobody has said
	fresh bool      // there is something that the file lacks
}

func (s *sightings) note(device, user ledger.UserID, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[ledger.UserID]Sighting{}
	}
	if _, had := s.last[device]; had || len(s.last) < ledger.UsersMax {
		s.last[device], s.fresh = Sighting{At: at, User: user}, true
	}
}

// Seen says when a device was here last; false where nobody knows of it.
func (d *Door) Seen(device ledger.UserID) (Sighting, bool) {
	d.sightings.mu.Lock()
	defer d.sightings.mu.Unlock()
	v, ok := d.sightings.last[device]
	return v, ok
}

// Heard is when head office said last who may come in here, as that was kept; zero where it was not.
func (d *Door) Heard() time.Time {
	d.sightings.mu.Lock()
	defer d.sightings.mu.Unlock()
	return d.sightings.heard
}

// Keep writes down what was seen since it did so last, and that head office said at heard who may come in; zero: it has not. It is to be
// called every KeepEach, and at the end. Where nothing is new it writes nothing. Devices that are none any more are left out.
func (d *Door) Keep(heard time.Time) error {
	s := &d.sightings
	s.mu.Lock()
	defer s.mu.Unlock() // held while the file is written: a minute's first sign-in may wait for a disk
	if heard = heard.UTC().Truncate(time.Second); heard.After(s.heard) {
		s.heard, s.fresh = heard, true
	}
	if !s.fresh {
		return nil
	}
	f := seenFile{Version: seenVersion, Devices: []seenDevice{}}
	if !s.heard.IsZero() {
		f.Heard = &s.heard
	}
	for id, v := range s.last {
		if u, ok := d.users(id); ok && u.Kind == ledger.UserDevice {
			f.Devices = append(f.Devices, seenDevice{Device: id, At: v.At.UTC().Truncate(time.Second), User: v.User})
		}
	}
	if err := put(d.disk, ActSeen, d.seenPath, writeSeen(f)); err != nil {
		return fmt.Errorf("write what was seen: %w", err)
	}
	s.fresh = false
	return nil
}

// seenFile is the file, as JSON.
type seenFile struct {
	Version int          `json:"version"`
	Heard   *time.Time   `json:"heard,omitempty"`
	Devices []seenDevice `json:"devices"`
}

type seenDevice struct {
	Device ledger.UserID `json:"device"`
	At     time.Time     `json:"at"`
	User   ledger.UserID `json:"user,omitempty"`
}

func writeSeen(f seenFile) []byte {
	slices.SortFunc(f.Devices, func(a, b seenDevice) int { return strings.Compare(string(a.Device), string(b.Device)) })
	raw, err := json.Marshal(f)
	if err != nil { // texts, numbers and times
		panic("door: encode what was seen: " + err.Error())
	}
	return append(raw, '\n')
}

func readSeen(raw []byte) (f seenFile, err error) {
	if err := json.Unmarshal(raw, &f); err != nil {
		return f, err
	}
	if f.Version < 1 || len(f.Devices) > ledger.UsersMax {
		return f, fmt.Errorf("version %d with %d devices", f.Version, len(f.Devices))
	}
	return f, nil
}

// openSeen reads what is kept in dir. What cannot be read is as if it were not there: nobody is kept from working for it, and the next
// Keep puts another in its place.
func (d *Door) openSeen(disk ledger.Disk, dir string) (err error) {
	d.disk, d.seenPath = disk, filepath.Join(dir, SeenFile)
	f, err := disk.OpenFile(d.seenPath, os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what was seen: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	raw, err := io.ReadAll(io.LimitReader(f, seenFileMax))
	if err != nil {
		return fmt.Errorf("read what was seen %s: %w", d.seenPath, err)
	}
	kept, bad := readSeen(raw)
	if bad != nil {
		return nil
	}
	d.sightings.last = map[ledger.UserID]Sighting{}
	for _, v := range kept.Devices {
		d.sightings.last[v.Device] = Sighting{At: v.At, User: v.User}
	}
	if kept.Heard != nil {
		d.sightings.heard = *kept.Heard
	}
	return nil
}
