package node_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/backup"
	"github.com/holdfast-stock/holdfast/node"
)

// restoreNode writes a node's folder from the bytes of a backup.
func restoreNode(t testing.TB, w *world, raw []byte) (node.Restored, string, error) {
	t.Helper()
	dir := t.TempDir()
	r, err := backup.NewReader(bytes.NewReader(raw))
	if err != nil {
		return node.Restored{}, dir, err
	}
	out, err := node.Restore(w.Env(), r, dir, nil)
	return out, dir, err
}

func TestANodeThatStandsAloneSellsOnFromItsBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openShop(t, w, nil)
		s.do("PUT", "/v1/items/TAP-22", `{"name":"Tap"}`)
		s.do("POST", "/v1/receipts", `{"lines":[{"sku":"TAP-22","qty":3}]}`, key("r1"))
		first := s.do("POST", "/v1/orders", `{"lines":[{"sku":"TAP-22","qty":1}]}`, key("o1"))
		got := s.do("GET", "/v1/backup", "")
		if got.status != http.StatusOK {
			t.Fatalf("got %d %s", got.status, got.body)
		}
		s.do("POST", "/v1/orders", `{"lines":[{"sku":"TAP-22","qty":1}]}`, key("o2"))
		if _, err := os.Stat(filepath.Join(s.dir, ledger.BookFile+".copy")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the copy of the index was left: %v", err)
		}
		token := s.token
		s.shut()

		out, dir, err := restoreNode(t, w, got.body)
		if err != nil || !out.Standalone || out.Quarantine != "" || out.Head.Epoch != 2 {
			t.Fatalf("restore: got %+v, %v", out, err)
		}
		r := &shop{t: t, w: w, dir: dir, cfg: s.cfg}
		r.cfg.Dir = dir
		t.Cleanup(r.close)
		r.start()
		if r.token != token {
			t.Error("the restored node has another token: none of its clients could come in")
		}
		again := r.do("POST", "/v1/orders", `{"lines":[{"sku":"TAP-22","qty":1}]}`, key("o1"))
		if !bytes.Equal(again.body, first.body) || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("got %s, want the first answer %s", again.body, first.body)
		}
		if got := r.do("POST", "/v1/orders", `{"lines":[{"sku":"TAP-22","qty":2}]}`, key("o3")); got.status != http.StatusCreated {
			t.Errorf("got %d %s, want an order", got.status, got.body)
		}
	})
}

func TestABackupIsTheOwnersAndOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t, newWorld(), nil)
		if got := s.do("GET", "/v1/backup", "", header("Authorization", "Bearer no")); got.status != http.StatusUnauthorized {
			t.Errorf("without a token: got %d", got.status)
		}
		in := s.do("POST", "/sign-in", "token="+s.token, header("Content-Type", "application/x-www-form-urlencoded"))
		cookie := (&http.Response{Header: in.header}).Cookies()
		if len(cookie) == 0 {
			t.Fatalf("signing in: got %d", in.status)
		}
		signed := func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(cookie[0]) }
		if got := s.do("GET", "/v1/status", "", signed); got.status != http.StatusOK {
			t.Fatalf("a session: got %d for a status", got.status)
		}
		if got := s.do("GET", "/v1/backup", "", signed); got.status != http.StatusForbidden {
			t.Errorf("with a session only: got %d; the tokens are in a backup", got.status)
		}
		if got := s.do("GET", "/v1/backup?x=1", ""); got.status != http.StatusBadRequest {
			t.Errorf("with an unknown parameter: got %d", got.status)
		}
	})
}

func TestANodeDoesNotRestoreWhatIsNotWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openShop(t, w, nil)
		raw := s.do("GET", "/v1/backup", "").body
		for _, n := range []int{len(raw) - 1, len(raw) - 60, len(raw) / 2} {
			if _, _, err := restoreNode(t, w, raw[:n]); !errors.Is(err, backup.ErrCut) {
				t.Errorf("cut to %d of %d bytes: got %v, want that it is cut", n, len(raw), err)
			}
		}
		var strange bytes.Buffer
		b, err := backup.NewWriter(&strange, backup.Header{Kind: backup.KindNode, Name: "leeds"})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(b.Part("node/from.tomorrow"), b.Close()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := restoreNode(t, w, strange.Bytes()); !errors.Is(err, backup.ErrNewer) {
			t.Errorf("a part that this build does not know: got %v", err)
		}
	})
}

// Whoever stops reading is let go, so that nobody else waits for a backup in vain.
func TestAReaderThatStopsIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t, newWorld(), nil)
		s.do("PUT", "/v1/items/TAP-22", `{"name":"Tap"}`)
		for n := range 400 { // more than the buffers on the way hold
			s.do("POST", "/v1/receipts", fmt.Sprintf(`{"reference":"%016x%016x%016x","lines":[{"sku":"TAP-22","qty":1}]}`, rand.Uint64(), rand.Uint64(), rand.Uint64()), key(fmt.Sprint("r", n)))
		}
		r, err := http.NewRequest("GET", "http://"+nodeAddr+"/v1/backup", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.token)
		stuck, err := s.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer stuck.Body.Close()
		if got := s.do("GET", "/v1/backup", ""); got.status != http.StatusServiceUnavailable {
			t.Errorf("a second backup: got %d, want busy", got.status)
		}
		time.Sleep(31 * time.Second) // of the bubble: nobody waits
		if got := s.do("GET", "/v1/backup", ""); got.status != http.StatusOK {
			t.Errorf("after the first reader's time: got %d %s", got.status, got.body)
		}
		if raw, err := io.ReadAll(stuck.Body); err == nil {
			if _, _, err := restoreNode(t, s.w, raw); !errors.Is(err, backup.ErrCut) {
				t.Errorf("what the first reader got: %v, want that it is cut", err)
			}
		}
	})
}
