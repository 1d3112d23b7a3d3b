package hq

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// TestADeputyThatMakesNoSenseIsNoDeputy is white-box: only another build, or a stranger at its address, answers so.
func TestADeputyThatMakesNoSenseIsNoDeputy(t *testing.T) {
	good := machine.Marshal(&machine.Archived{At: time.Unix(0, 0)})
	for name, c := range map[string]struct {
		status int
		body   []byte
		ok     bool
	}{
		"where the archive ends": {200, good, true},
		"an older build":         {404, nil, false},
		"no command":             {200, []byte("welcome"), false},
		"half a command":         {200, good[:len(good)-1], false},
		"another command":        {200, machine.Marshal(&machine.Resolve{Exception: 1}), false},
	} {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer secret" || r.URL.Path != pathArchive {
				t.Errorf("%s: got %s asked with %q", name, r.URL.Path, r.Header.Get("Authorization"))
			}
			w.WriteHeader(c.status)
			_, _ = w.Write(c.body)
		}))
		s := &Server{client: web.Client(), token: "secret"}
		_, _, err := s.askToArchive(t.Context(), web.URL)
		web.Close()
		if (err == nil) != c.ok {
			t.Errorf("%s: got %v, want no error: %v", name, err, c.ok)
		}
		if _, _, err := s.askToArchive(t.Context(), web.URL); err == nil {
			t.Errorf("%s: got no error of a server that is gone", name)
		}
	}
}

// TestARoundOfTheArchiveIsNotWaitedFor is white-box: a folder on another machine hangs in the middle of one.
func TestARoundOfTheArchiveIsNotWaitedFor(t *testing.T) {
	s := &Server{env: testworld.New(1).Env(), cfg: Config{Archive: t.TempDir()}, log: slog.New(slog.DiscardHandler)}
	s.archivist.mu.Lock()
	defer s.archivist.mu.Unlock()
	err := s.linkArchive(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, pathArchive, nil))
	if p := problem(err); p.Status != http.StatusServiceUnavailable {
		t.Errorf("asked meanwhile: got %v, want that it is not ready", err)
	}
	if err := s.leaveArchive(); !errors.Is(err, errArchiveBusy) {
		t.Errorf("left meanwhile: got %v, want %v", err, errArchiveBusy)
	}
	if err := s.idleArchive(); err != nil {
		t.Errorf("looked at meanwhile: got %v, want no fault", err)
	}
}
