package hq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// DiffersFile stands in the folder of a server whose state is not the one of the others. It stays out of service,
// also after a restart, until it is replaced by one with a new folder.
const DiffersFile = "state.differs"

const differsVersion = 1

// errDiffers says that this server is out of service.
var errDiffers = errors.New("this server's state is not the one of the others")

// A differs says where a state was found to be another one.
type differs struct {
	Version int    `json:"version"`
	Index   uint64 `json:"index"` // of the checkpoint in the raft log
}

func decodeDiffers(raw []byte) (d differs, err error) {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return differs{}, fmt.Errorf("read %s: %w", DiffersFile, err)
	}
	if d.Version != differsVersion || d.Index == 0 {
		return differs{}, fmt.Errorf("read %s: it is of version %d, entry %d", DiffersFile, d.Version, d.Index)
	}
	return d, nil
}

// readDiffers gives the entry at which this folder's state was found to be another one; 0 where it was not.
func readDiffers(env ledger.Env, dir string) (index uint64, err error) {
	text, err := readSmall(env.Disk, filepath.Join(dir, DiffersFile))
	if err != nil || text == "" {
		return 0, err
	}
	d, err := decodeDiffers([]byte(text))
	return d.Index, err
}

// standOut takes this server out of service: a majority agrees that its state is another one. It answers nothing but who
// looks after it, and keeps apart from the others: they hear no vote of its, and none may make it lead. Its log
// would still be good, but one server of three that is kept out does not stop the others.
func (s *Server) standOut(ctx context.Context, index uint64) {
	if !s.lead.out.CompareAndSwap(0, index) {
		return
	}
	s.streams.leave()
	s.fsm.changed.ring() // whoever waits here must hear that it waits in vain
	s.fsm.sites.ringAll()
	s.log.LogAttrs(ctx, slog.LevelError, "this server's state is not the one of the others, it is out of service: replace it", slog.String(keyServer, s.id), slog.Uint64(keyIndex, index))
	text, err := json.Marshal(differs{Version: differsVersion, Index: index})
	if err == nil {
		err = writeSmall(s.env.Disk, filepath.Join(s.cfg.Dir, DiffersFile), string(text))
	}
	if err = errors.Join(err, syncDir(s.env.Disk, s.cfg.Dir)); err != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "not written down that this server is out of service: it must not be started again", slog.Any(keyErr, err))
	}
}

// outside says whether a call is answered by a server that is out of service: what whoever looks after it
// needs, and what the others ask of its state.
func (rt *route) outside() bool {
	switch rt.Path {
	case "/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/status", pathState:
		return true
	default:
		return false
	}
}
