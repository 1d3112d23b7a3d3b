package node_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// hub is a head office of a few honest lines: it welcomes the site, takes its journal, gives
// it items and calls, and answers asks as a test wants it.
type hub struct {
	t    testing.TB
	w    *world
	srv  *http.Server
	bell chan struct{}

	mu      sync.Mutex // guards what stands below
	stored  ledger.Position
	archive bool // all that is stored is archived
	items   []ledger.Item
	sites   ledger.SiteList // version 0: an older head office
	looks   []wire.Look
	fresh   ledger.SiteID // added, and not on the list that was handed out
	calls   []wire.Call
	replies []wire.CallReply
	asks    []wire.Ask
	kinds   []ledger.Kind // of the entries that came
	verdict wire.Verdict
	life    ledger.Incarnation
	epoch   ledger.Epoch
	given   [16]byte // the process that was given the epoch, and has pushed nothing of it yet
	strict  bool     // hellos are judged by their head, and by the node's key
	key     [16]byte
	frames  [][]byte
	rejoins []wire.Rejoin
	page    int    // frames in one answer of the journal; 0: all
	fetched func() // before each answer of the journal, mu held; nil: nothing
	refuses string // why a rejoin is refused; "" it is not
	waits   bool   // an attested entry is waited for
	deaf    bool   // it says later to what is pushed
	slow    bool   // it keeps its commands back, though it says that there are some
	queue   []ledger.HQCommand
	applied uint64 // of these, as the site's last pull says
	ask     func(r *http.Request, a *wire.Ask) wire.AskReply
	forward func(r *http.Request, f *wire.Forward) wire.ForwardReply

	need    func(*wire.Need) wire.NeedReply // nil: there is no such asset
	people  []ledger.CustomerAccount
	users   ledger.People
	company ledger.Company // told where its version is another one
}

var hubH = ledger.Incarnation{Counter: 1, Random: [16]byte{9}}

func openHub(t testing.TB, w *world) *hub {
	h := &hub{t: t, w: w, bell: make(chan struct{}, 1), verdict: wire.VerdictOK, life: hubH, epoch: 1,
		items: []ledger.Item{{SKU: "TAP-22", Name: "Tap, 22 mm", Barcodes: []string{"5012345678900"}, Version: 1}}}
	l, err := w.net.Listen("tcp", hqAddr)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for path, serve := range map[string]http.HandlerFunc{wire.PathHello: h.hello, wire.PathPush: h.push, wire.PathPull: h.pull,
		wire.PathReply: h.reply, wire.PathAsk: h.answerAsk, wire.PathLook: h.look, wire.PathForward: h.answerForward,
		wire.PathRejoin: h.rejoin, wire.PathJournal: h.journal, wire.PathNeed: h.answerNeed} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer join" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			serve(w, r)
		})
	}
	h.srv = &http.Server{Handler: mux}
	served := make(chan error, 1)
	go func() { served <- h.srv.Serve(l) }()
	t.Cleanup(func() {
		w.net.setCut(hqAddr, true)
		h.srv.Close()
		<-served
	})
	return h
}

// openJoined opens a shop that has a head office, and waits until it talks.
func openJoined(t testing.TB, change func(*node.Config)) (*shop, *hub) {
	t.Helper()
	w := newWorld()
	h := openHub(t, w)
	s := openShop(t, w, func(c *node.Config) {
		joinConfig(c)
		if change != nil {
			change(c)
		}
	})
	waitFor(t, "the line to be up and the items to be here", func() bool {
		st := s.node.Status()
		return st.State == "open" && st.Link.Online && st.ItemVersion == 1
	})
	return s, h
}

func joinConfig(c *node.Config) {
	c.Standalone, c.Counter, c.HQ, c.Join = false, false, []string{"http://" + hqAddr}, "join"
}

func read(t testing.TB, r *http.Request, m wire.Message) {
	if err := wire.ReadRequest(r, m); err != nil {
		t.Errorf("read %s: %v", r.URL.Path, err)
	}
}

func (h *hub) write(w http.ResponseWriter, m wire.Message) { _ = wire.WriteReply(w, m) } // the line may be cut

func (h *hub) hello(w http.ResponseWriter, r *http.Request) {
	var m wire.Hello
	read(h.t, r, &m)
	h.mu.Lock()
	defer h.mu.Unlock()
	verdict := h.judge(&m)
	h.write(w, &wire.Welcome{Verdict: verdict, Why: "because", Version: 1, H: h.life, Epoch: h.epoch, Attest: h.waits, Issued: h.issued(), Counter: true, Stored: h.stored, WallMS: time.Now().UnixMilli()})
}

// judge says what a strict hub thinks of a hello. mu is held.
func (h *hub) judge(m *wire.Hello) wire.Verdict {
	if h.key == ([16]byte{}) {
		h.key = m.NodeKey
	}
	if !h.strict {
		return h.verdict
	}
	switch {
	case m.NodeKey != h.key:
		return wire.VerdictStranger
	case m.Head.Seq > 0 && m.Head.Epoch < h.epoch && h.epoch > 1:
		return wire.VerdictClosedEpoch
	case m.Head.Seq < h.stored.Seq:
		return wire.VerdictBehind
	}
	return h.verdict
}

func (h *hub) rejoin(w http.ResponseWriter, r *http.Request) {
	var m wire.Rejoin
	read(h.t, r, &m)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rejoins = append(h.rejoins, m)
	if h.refuses != "" || !h.strict {
		h.write(w, &wire.RejoinReply{Verdict: wire.VerdictFork, Why: h.refuses})
		return
	}
	if m.Boot != h.given || h.stored.Epoch == h.epoch {
		h.epoch++
	}
	h.key, h.given, h.waits = m.NodeKey, m.Boot, true
	h.write(w, &wire.RejoinReply{Verdict: wire.VerdictOK, H: h.life, Epoch: h.epoch, Counter: true, Stored: h.stored})
}

func (h *hub) journal(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		h.t.Errorf("%s: %v", r.URL, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fetched != nil {
		h.fetched()
	}
	var out [][]byte
	for _, raw := range h.frames {
		if f, err := ledger.DecodeFrame(raw); err == nil && f.End().Seq > ledger.Seq(after) && (h.page == 0 || len(out) < h.page) {
			out = append(out, raw)
		}
	}
	_ = wire.WriteFrames(w, out) // the line may be cut
}

// goesBack puts the hub back to where it had so many frames, and begins another life of it. mu is held.
func (h *hub) goesBack(frames int) {
	f, err := ledger.DecodeFrame(h.frames[frames-1])
	if err != nil {
		h.t.Error(err)
		return
	}
	h.frames, h.stored = h.frames[:frames], f.End()
	h.life.Counter, h.epoch, h.given, h.waits = h.life.Counter+1, f.Epoch, [16]byte{}, true
}

func (h *hub) push(w http.ResponseWriter, r *http.Request) {
	var m wire.Push
	read(h.t, r, &m)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.deaf {
		h.write(w, &wire.PushReply{Verdict: wire.VerdictLater, Stored: h.stored})
		return
	}
	if h.strict && m.Epoch < h.epoch { // on its way when the epoch was closed
		h.write(w, &wire.PushReply{Verdict: wire.VerdictClosedEpoch, Stored: h.stored})
		return
	}
	for _, raw := range m.Frames {
		f, err := ledger.DecodeFrame(raw)
		if err != nil {
			h.t.Errorf("push: %v", err)
			return
		}
		entries, err := f.Open()
		if err != nil || f.Verify() != nil {
			h.t.Errorf("push: %v, %v", err, f.Verify())
			return
		}
		if f.End().Seq <= h.stored.Seq {
			continue
		}
		for _, e := range entries {
			h.kinds = append(h.kinds, e.Kind)
			h.waits = h.waits && e.Kind != ledger.KindAttested
		}
		h.frames = append(h.frames, raw)
		h.stored = f.End()
	}
	h.write(w, &wire.PushReply{Verdict: h.verdict, Stored: h.stored})
}

func (h *hub) pull(w http.ResponseWriter, r *http.Request) {
	var m wire.Pull
	read(h.t, r, &m)
	wait := time.NewTimer(time.Duration(m.WaitMS) * time.Millisecond)
	defer wait.Stop()
	for {
		h.mu.Lock()
		out := &wire.PullReply{Verdict: h.verdict, H: h.life, Stored: h.stored, Calls: h.calls, RefVersion: m.RefVersion, Attest: h.waits, Issued: h.issued()}
		h.calls, h.applied = nil, m.Applied.Number
		if !h.slow {
			out.Commands = h.queue[min(m.Applied.Number, uint64(len(h.queue))):]
		}
		if h.archive {
			out.Archived = h.stored.Seq
		}
		if m.Sites != 0 && h.sites.Version != 0 && m.Sites != h.sites.Version {
			out.Sites = h.sites
		}
		if h.company.Version != 0 && m.Company != h.company.Version {
			out.Company = h.company
		}
		if h.users.Version != 0 && m.People != h.users.Version {
			out.People = h.users
		}
		for _, item := range h.items {
			if item.Version > m.RefVersion {
				out.Items, out.RefVersion = append(out.Items, item), item.Version
			}
		}
		for _, c := range h.people {
			if out.CustomersUpTo = c.Version; m.Customers > 0 && c.Version >= m.Customers {
				out.Customers = append(out.Customers, c)
			}
		}
		h.mu.Unlock()
		if len(out.Customers)+len(out.Items)+len(out.Calls)+len(out.Commands) > 0 || out.Sites.Version+out.People.Version != 0 || out.Company.Version != 0 || m.WaitMS == 0 {
			h.write(w, out)
			return
		}
		select {
		case <-h.bell:
		case <-wait.C:
			h.mu.Lock()
			if h.archive {
				out.Archived = h.stored.Seq // meanwhile
			}
			h.mu.Unlock()
			h.write(w, out)
			return
		case <-r.Context().Done():
			return
		}
	}
}

// issued is the last command given. mu is held.
func (h *hub) issued() ledger.Cursor {
	if n := len(h.queue); n > 0 {
		return ledger.Cursor{H: h.life, Number: h.queue[n-1].Number, Hash: h.queue[n-1].Hash}
	}
	return ledger.Cursor{H: h.life}
}

// commands gives the site its next commands, and rings.
func (h *hub) commands(all ...ledger.HQCommand) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range all {
		last := h.issued()
		if c.H, c.Number = h.life, last.Number+1; c.ID == "" {
			c.ID = fmt.Sprint("hub/", c.Number)
		}
		c.Hash = ledger.ChainCommand(last.Hash, &c)
		h.queue = append(h.queue, c)
	}
	select {
	case h.bell <- struct{}{}:
	default:
	}
}

// obeyed waits until the site has carried out all that it was commanded.
func (h *hub) obeyed() {
	h.t.Helper()
	waitFor(h.t, "the commands to be carried out", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.applied >= uint64(len(h.queue))
	})
}

// call puts a live question to the site and gives its answer.
func (h *hub) call(c wire.Call) wire.CallReply {
	h.t.Helper()
	h.mu.Lock()
	h.calls = append(h.calls, c)
	h.mu.Unlock()
	h.bell <- struct{}{}
	var got wire.CallReply
	waitFor(h.t, "the site's answer to a call", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		i := slices.IndexFunc(h.replies, func(r wire.CallReply) bool { return r.ID == c.ID })
		if i >= 0 {
			got = h.replies[i]
		}
		return i >= 0
	})
	return got
}

func (h *hub) reply(w http.ResponseWriter, r *http.Request) {
	var m wire.CallReply
	read(h.t, r, &m)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.replies = append(h.replies, m)
	w.WriteHeader(http.StatusNoContent)
}

func (h *hub) answerAsk(w http.ResponseWriter, r *http.Request) {
	var m wire.Ask
	read(h.t, r, &m)
	h.mu.Lock()
	h.asks = append(h.asks, m)
	answer := h.ask
	h.mu.Unlock()
	out := answer(r, &m)
	if r.Context().Err() == nil {
		h.write(w, &out)
	}
}

// ring has a pull that waits look again.
func (h *hub) ring() {
	select {
	case h.bell <- struct{}{}:
	default:
	}
}

func (h *hub) answerNeed(w http.ResponseWriter, r *http.Request) {
	var m wire.Need
	read(h.t, r, &m)
	h.mu.Lock()
	need := h.need
	h.mu.Unlock()
	if need == nil {
		h.write(w, &wire.NeedReply{Verdict: wire.VerdictOK, Why: wire.WhyNoSuchAsset})
		return
	}
	out := need(&m)
	h.write(w, &out)
}

func (h *hub) look(w http.ResponseWriter, r *http.Request) {
	var m wire.Look
	read(h.t, r, &m)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looks = append(h.looks, m)
	out := &wire.LookReply{Verdict: wire.VerdictOK, Ask: 7, Likely: 3, LikelyAgeMS: 60_000}
	if m.Other != "" && h.sites.Version != 0 {
		if out.Other = wire.FoundNo; h.sites.Has(m.Other) || m.Other == h.fresh {
			out.Other = wire.FoundYes
		}
	}
	h.write(w, out)
}

func (h *hub) answerForward(w http.ResponseWriter, r *http.Request) {
	var m wire.Forward
	read(h.t, r, &m)
	out := h.forward(r, &m)
	if r.Context().Err() == nil {
		h.write(w, &out)
	}
}

// silent gives no answer for as long as somebody waits.
func silent(r *http.Request, _ *wire.Ask) wire.AskReply {
	<-r.Context().Done()
	return wire.AskReply{}
}

// from gives all that is asked for from one site.
func from(site ledger.SiteID) func(*http.Request, *wire.Ask) wire.AskReply {
	return func(_ *http.Request, a *wire.Ask) wire.AskReply {
		out := wire.AskReply{Verdict: wire.VerdictOK, Yes: true}
		for _, l := range a.Lines {
			out.Legs = append(out.Legs, ledger.AskLeg{Line: l.Line, Site: site, Qty: l.Qty})
		}
		return out
	}
}

func no(*http.Request, *wire.Ask) wire.AskReply {
	return wire.AskReply{Verdict: wire.VerdictOK, Why: "no site has it"}
}

func (h *hub) answers(f func(*http.Request, *wire.Ask) wire.AskReply) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ask = f
}
