package node

import (
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// healthz answers while the process lives.
func (s *web) healthz(w http.ResponseWriter, _ *http.Request) error {
	return writeText(w, http.StatusOK, "ok\n")
}

// readyz says whether orders can be taken.
func (s *web) readyz(w http.ResponseWriter, _ *http.Request) error {
	if state, why := s.state(); state != stateOpen {
		p := contract.New(contract.CodeNotReady, "The node is "+state+".")
		if why != "" {
			p.Detail = "The node is " + state + ": " + why + "."
		}
		return p
	}
	return writeText(w, http.StatusOK, "ready\n")
}

func writeText(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // a client that has gone needs no answer
	return nil
}

func (s *web) metricsPage(w http.ResponseWriter, r *http.Request) error {
	promhttp.HandlerFor(s.gather, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}

func (s *web) openapi(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.document()) // a client that has gone needs no answer
	return nil
}

func (s *web) status(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.Status())
}

// The states of a node, in the words of its status.
const (
	stateOpen        = "open"
	stateNotOpened   = "not_opened"
	stateQuarantined = "quarantined"
	stateRebuilding  = "rebuilding"
	stateDiskFull    = "disk_full"
	stateStopped     = "stopped"
	stateClosing     = "closing"
)

// state says whether the node takes orders, and for people why not.
func (n *Node) state() (state, why string) {
	view := n.book.View()
	err := n.book.Err()
	switch {
	case n.faulty():
		return stateStopped, err.Error()
	case errors.Is(err, ledger.ErrClosed):
		return stateClosing, ""
	case view.Quarantine != "":
		return stateQuarantined, view.Quarantine
	case view.Rebuilding:
		return stateRebuilding, n.rebuild.words()
	case view.Epoch == 0:
		return stateNotOpened, "it has no epoch yet"
	case view.Full:
		return stateDiskFull, "there is no room for new orders"
	default:
		return stateOpen, ""
	}
}

// Status gives the site in a few figures.
func (n *Node) Status() contract.NodeStatus {
	view := n.book.View()
	state, why := n.state()
	out := contract.NodeStatus{
		Site: n.cfg.Site, Name: contract.SiteName(n.cfg.Site), Role: "node", State: state, Why: why,
		Standalone: n.cfg.Standalone, Counter: view.Counter, Position: n.book.Head().String(),
		Epoch: uint64(view.Epoch), Seq: uint64(n.book.Head().Seq), TrimmedSeq: uint64(n.book.Trimmed()), SKUs: view.SKUs, OpenOrders: view.OpenOrders,
		OpenAsks: view.OpenAsks, ToConfirm: view.ToConfirm, Drafts: view.Drafts, Confirmed: view.Confirmed, Declined: view.Declined, ItemVersion: n.book.RefVersion(), SitesKnown: len(n.book.Sites().Sites), Commands: view.Commands.Number,
		People: n.peopleStatus(), Certificate: n.certificateStatus(), Link: n.linkStatus(), Rebuild: n.rebuild.status(), Labels: n.labelStatus(), At: contract.Moment(n.env.Clock.Wall()),
	}
	return out
}
