package hq

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// pathState is where servers tell each other the digests of their states.
const pathState = "/link/v1/state"

const (
	toldVersion = 1
	toldMax     = 16 << 10 // bytes of one message
)

// StateSum is the digest of a server's state at one checkpoint.
type StateSum struct {
	Index uint64 `json:"index" jsonschema:"the checkpoint's entry of the raft log"`
	Sum   string `json:"sum" jsonschema:"SHA-256 of the state as a snapshot of it would be, hex"`
}

// StateTold is what a server tells another one of its state.
type StateTold struct {
	Version int        `json:"version" jsonschema:"1"`
	Server  string     `json:"server" jsonschema:"the raft id of who tells"`
	Shape   string     `json:"shape" jsonschema:"how its build writes a state down: sums of another shape are not compared"`
	Sums    []StateSum `json:"sums" jsonschema:"of the last checkpoints, the latest last"`
	Differs uint64     `json:"differs,omitempty" jsonschema:"the entry at which it was found to have another state than the others: it is out of service"`
}

// errTold says that a message about a state is none that this build reads.
var errTold = errors.New("no word of a state that this build reads")

// decodeTold reads what a server told. Fields that a later build has appended are passed over.
func decodeTold(raw []byte) (t StateTold, err error) {
	if err := json.Unmarshal(raw, &t); err != nil {
		return StateTold{}, fmt.Errorf("%w: %w", errTold, err)
	}
	if t.Version != toldVersion || t.Server == "" || len(t.Server) > serverIDMax || len(t.Sums) > sumsKept {
		return StateTold{}, fmt.Errorf("%w: version %d of server %.64q with %d sums", errTold, t.Version, t.Server, len(t.Sums))
	}
	return t, nil
}

// tell tells another server of this one's state, and gives what that one tells of its own.
func (s *Server) tell(ctx context.Context, to string) (StateTold, error) {
	ctx, cancel := context.WithTimeout(ctx, tellWait)
	defer cancel()
	body, err := json.Marshal(s.told())
	if err != nil {
		return StateTold{}, fmt.Errorf("tell of the state: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to+pathState, bytes.NewReader(body))
	if err != nil {
		return StateTold{}, fmt.Errorf("tell of the state: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Do(r)
	if err != nil {
		return StateTold{}, fmt.Errorf("tell of the state: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return StateTold{}, fmt.Errorf("tell of the state: answered %d", answer.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, toldMax))
	if err != nil {
		return StateTold{}, fmt.Errorf("tell of the state: %w", err)
	}
	return decodeTold(raw)
}

// linkState takes what another server tells of its state, and answers with this one's.
func (s *Server) linkState(w http.ResponseWriter, r *http.Request) error {
	if !s.isServer(r) {
		return errIdentity
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, toldMax))
	if err != nil {
		return err
	}
	t, err := decodeTold(raw)
	if err != nil {
		return contract.New(contract.CodeBadValue, "The body is not what a server tells of its state: only servers of head office speak at this address. The calls for everybody else are listed at /openapi.json.")
	}
	if voters, err := s.voters(); err == nil && t.Server != s.id {
		for _, v := range voters {
			if string(v.ID) == t.Server {
				s.compared.heard(t)
			}
		}
	}
	return writeJSON(w, http.StatusOK, s.told())
}
