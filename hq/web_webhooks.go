package hq

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/messenger"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	pathWebhooks = "/v1/webhooks"
	pathDead     = "/v1/dead-letters"
)

// renderEvent gives an event as it is sent: always the same bytes.
func renderEvent(e *machine.Event) contract.EventMessage {
	d := contract.EventData{Site: e.Site, Order: e.Order, Number: e.Number, External: e.External, Channel: string(e.Channel), Customer: e.Customer,
		LinesMore: e.More, Promised: e.Due.String(), SKU: e.SKU}
	for _, l := range e.Lines {
		d.Lines = append(d.Lines, contract.EventLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty, Waiting: l.Waiting})
	}
	if e.Ship != (ledger.Shipment{}) {
		d.Shipment = &contract.EventShipment{Carrier: e.Ship.Carrier, Service: e.Ship.Service, Tracking: e.Ship.Tracking}
	}
	if e.Kind == machine.EventLow {
		d.Qty, d.Level = &e.Qty, &e.Level
	}
	if e.Amount != (ledger.Money{}) {
		d.Amount = &contract.Money{Amount: e.Amount.Amount, Currency: e.Amount.Currency}
	}
	if e.Kind == machine.EventException {
		d.Exception = &contract.EventException{ID: e.Exception, What: e.What, Why: e.Why}
	}
	return contract.EventMessage{Type: e.Kind.String(), Timestamp: contract.Moment(e.At), Data: d}
}

// eventBody is what a webhook is sent.
func eventBody(e *machine.Event) ([]byte, error) {
	b, err := json.Marshal(renderEvent(e))
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return b, nil
}

// shownAddress is as much of an address as is shown: what follows the host may be a secret of its receiver's.
func shownAddress(to string) string {
	if messenger.IsMail(to) { // staff's, or none at all
		return to
	}
	u, err := url.Parse(to)
	if err != nil {
		return ""
	}
	shown := u.Scheme + "://" + u.Host
	if strings.Trim(u.Path, "/")+u.RawQuery != "" {
		shown += "/..."
	}
	return shown
}

func renderHook(m *machine.Machine, h *machine.Hook, dead map[machine.HookID]int) contract.Webhook {
	out := contract.Webhook{ID: string(h.ID), To: shownAddress(h.To), Events: []string{}, Note: h.Note, By: h.Set.By, At: contract.Moment(h.Set.At),
		Told: h.Told, Failed: h.Failed, Owed: len(h.Owed), Behind: m.BehindOf(h), Dead: dead[h.ID], Lost: h.Lost, Why: h.Why}
	for _, k := range h.Kinds {
		out.Events = append(out.Events, k.String())
	}
	if !h.Failing.IsZero() {
		out.Failing = contract.Moment(h.Failing)
	}
	for i, w := range h.Owed {
		if at := contract.Moment(w.Due); i == 0 || at < out.NextTry {
			out.NextTry = at
		}
	}
	return out
}

func (s *Server) getWebhooks(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	out := contract.WebhookList{Webhooks: []contract.Webhook{}}
	s.View(func(m *machine.Machine) {
		dead := m.DeadOf()
		for _, h := range m.Hooks() {
			out.Webhooks = append(out.Webhooks, renderHook(m, h, dead))
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

// noWebhook says that nobody of that id is told.
func noWebhook(name string) error {
	p := contract.NotFound(fmt.Sprintf("Nobody is told of events under %q.", name))
	p.Hint = "Check the id, or look among those who are told (holdfast webhook list)."
	return p
}

// webhook gives the one that the path names, as it is shown.
func (s *Server) webhook(id machine.HookID) (out contract.Webhook, h *machine.Hook, err error) {
	s.View(func(m *machine.Machine) {
		var known bool
		if h, known = m.Hook(id); known {
			out = renderHook(m, h, m.DeadOf())
		}
	})
	if h == nil {
		return out, nil, noWebhook(string(id))
	}
	return out, h, nil
}

func (s *Server) getWebhook(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	name, err := variable(r, "id")
	if err != nil {
		return err
	}
	out, _, err := s.webhook(machine.HookID(name))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// readKinds reads kinds of event; none stands for all.
func readKinds(words []string) (out []machine.EventKind, err error) {
	all := machine.EventKinds()
	for _, word := range words {
		i := slices.IndexFunc(all, func(k machine.EventKind) bool { return k.String() == word })
		if i < 0 {
			var known []string
			for _, k := range all {
				known = append(known, k.String())
			}
			return nil, contract.NotAmong("events", "kind of event", word, known)
		}
		out = append(out, all[i])
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// postWebhook has somebody told of events from here on. The secret stands in this answer, also when it is asked for again under its key, and
// nowhere else.
func (s *Server) postWebhook(w http.ResponseWriter, r *http.Request) error {
	var in contract.WebhookRequest
	body, err := readJSON(w, r, &in)
	if err != nil {
		return err
	}
	k, err := keyOf(r, pathWebhooks, body)
	if err != nil {
		return err
	}
	c := &machine.SetHook{Act: machine.HookPut, Hook: machine.HookIDOf(k.key), Note: in.Note, Key: k.key, Request: k.request, At: s.now()}
	var err1, err2, err3 error
	c.To, err1 = messenger.ParseAddress(in.To)
	c.Kinds, err2 = readKinds(in.Events)
	c.By, c.Reason, err3 = signedBy(r, in.By, in.Reason)
	if err := errors.Join(err1, err2, err3, contract.CheckText("note", in.Note, signedMax)); err != nil {
		return err
	}
	switch {
	case messenger.IsMail(c.To) && !s.mails():
		return &ledger.FormError{Field: "to", Why: "is a mailbox, and head office sends no mail: start its servers with --smtp"}
	case messenger.IsMail(c.To) && in.Secret != "":
		return &ledger.FormError{Field: "secret", Why: "is given, and mail is not signed. Leave it out"}
	case messenger.IsMail(c.To):
	case in.Secret != "":
		c.Secret, err = messenger.ParseSecret(in.Secret)
	default:
		c.Secret, err = messenger.NewSecret(s.env.Random("webhook secrets"))
	}
	if err != nil {
		return err
	}
	if _, err := s.hooked(w, r, c); err != nil {
		return err
	}
	out, h, err := s.webhook(c.Hook)
	if err != nil {
		return err // it was removed meanwhile
	}
	if len(h.Secret) > 0 {
		out.Secret = messenger.SecretText(h.Secret)
	}
	return writeJSON(w, http.StatusCreated, out)
}

// hooked has every server carry out a command about webhooks, once every server can.
func (s *Server) hooked(w http.ResponseWriter, r *http.Request, c *machine.SetHook) (*machine.Answer, error) {
	every, _, err := s.everyBuild()
	if err != nil {
		return nil, err
	}
	if every.Commands < machine.HookCommands || every.Commands < machine.CompanyCommands && (c.To == machine.HookCustomers || slices.Contains(c.Kinds, machine.EventRefunded)) {
		return nil, errMixed
	}
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	if res.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	if err := errors.Join(err, res.Err); err != nil {
		return nil, err
	}
	if res.Answer == nil {
		return nil, errors.New("a webhook was set without an answer")
	}
	if _, _, ok := res.Answer.Hook(); !ok { // the key answered an order
		return nil, ledger.ErrKeyReused
	}
	return res.Answer, nil
}

func (s *Server) removeWebhook(w http.ResponseWriter, r *http.Request) error {
	return s.seeToWebhook(w, r, "remove", machine.HookRemove)
}

func (s *Server) resendWebhook(w http.ResponseWriter, r *http.Request) error {
	return s.seeToWebhook(w, r, "resend", machine.HookResend)
}

func (s *Server) dropWebhook(w http.ResponseWriter, r *http.Request) error {
	return s.seeToWebhook(w, r, "drop", machine.HookDrop)
}

// seeToWebhook removes a webhook, or sees to its dead letters.
func (s *Server) seeToWebhook(w http.ResponseWriter, r *http.Request, act string, do machine.HookAct) error {
	name, err := variable(r, "id")
	if err != nil {
		return err
	}
	var in contract.DeadLetterRequest
	body, err := readJSON(w, r, &in)
	if err != nil {
		return err
	}
	k, err := keyOf(r, pathWebhooks+"/"+name+"/"+act, body)
	if err != nil {
		return err
	}
	c := &machine.SetHook{Act: do, Hook: machine.HookID(name), Key: k.key, Request: k.request, At: s.now()}
	if c.By, c.Reason, err = signedBy(r, in.By, in.Reason); err != nil {
		return err
	}
	if do == machine.HookRemove && len(in.Events) > 0 {
		return &ledger.FormError{Field: "events", Why: "belong to no removal: leave them out"}
	}
	if len(in.Events) > machine.NamedMax {
		return &ledger.FormError{Field: "events", Why: fmt.Sprintf("are %d; name at most %d at once", len(in.Events), machine.NamedMax)}
	}
	for _, text := range in.Events {
		id, ok := machine.ParseEventID(text)
		if !ok {
			return &ledger.FormError{Field: "events", Why: "has one that is no id of an event, such as evt_ and 32 hexadecimal digits: take it from the list of what could not be told"}
		}
		c.Events = append(c.Events, id)
	}
	a, err := s.hooked(w, r, c)
	if errors.Is(err, machine.ErrHookUnknown) {
		return noWebhook(name)
	}
	if err != nil {
		return err
	}
	_, letters, _ := a.Hook()
	return writeJSON(w, http.StatusOK, contract.DeadLettersSeen{Webhook: name, Letters: letters})
}

// testWebhook sends one message at once, and says what the receiver answered. It is no event, and nothing of it is kept.
func (s *Server) testWebhook(w http.ResponseWriter, r *http.Request) error {
	name, err := variable(r, "id")
	if err != nil {
		return err
	}
	_, h, err := s.webhook(machine.HookID(name))
	if err != nil {
		return err
	}
	var raw [16]byte
	if _, err := io.ReadFull(s.env.Random("webhook tests"), raw[:]); err != nil {
		return fmt.Errorf("draw the id of a test: %w", err)
	}
	e := &machine.Event{ID: machine.EventID(raw), Kind: machine.EventTest, At: s.now()}
	begun := s.env.Clock.Mono()
	got := s.tellTo(r.Context(), h, e)
	return writeJSON(w, http.StatusOK, contract.WebhookTest{ID: e.ID.String(), OK: got.OK, Status: got.Status, Why: got.Why, TookMS: (s.env.Clock.Mono() - begun).Milliseconds()})
}

// getDeadLetters lists what could not be told, the oldest first.
func (s *Server) getDeadLetters(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "webhook", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	after := uint64(0)
	if page.After != "" {
		if after, err = strconv.ParseUint(page.After, 10, 64); err != nil {
			return &ledger.FormError{Field: "cursor", Why: "is none of ours: take next_cursor of the page before, or leave it out"}
		}
	}
	out := contract.DeadLetterList{DeadLetters: []contract.DeadLetter{}}
	unknown := false
	s.View(func(m *machine.Machine) {
		hook := machine.HookID(q.Get("webhook"))
		if _, known := m.Hook(hook); hook != "" && !known {
			unknown = true
			return
		}
		rows, next := m.DeadLetters(hook, after, page.Limit)
		for _, l := range rows {
			out.DeadLetters = append(out.DeadLetters, contract.DeadLetter{ID: l.ID.String(), Webhook: string(l.For.Hook), Tries: l.For.Tries, Why: l.For.Why,
				At: contract.Moment(l.For.At), Event: renderEvent(l.Event)})
		}
		if next > 0 {
			out.NextCursor = contract.Cursor(strconv.FormatUint(next, 10))
		}
	})
	if unknown {
		return noWebhook(q.Get("webhook"))
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) webhookRoutes() []route {
	return []route{
		{doc(get, pathWebhooks, "List who is told of events"), forOwner, readable, false, s.getWebhooks},
		{doc(post, pathWebhooks, "Have somebody told of events"), forOwner, atLeader, false, s.postWebhook},
		{doc(get, pathWebhooks+"/{id}", "One of those who are told"), forOwner, readable, false, s.getWebhook},
		{doc(post, pathWebhooks+"/{id}/remove", "Tell somebody no more"), forOwner, atLeader, false, s.removeWebhook},
		{doc(post, pathWebhooks+"/{id}/test", "Send a test at once, and say what was answered"), forOwner, atLeader, false, s.testWebhook},
		{doc(post, pathWebhooks+"/{id}/resend", "Send dead letters again"), forOwner, atLeader, false, s.resendWebhook},
		{doc(post, pathWebhooks+"/{id}/drop", "Forget dead letters"), forOwner, atLeader, false, s.dropWebhook},
		{doc(get, pathDead, "List what could not be told"), forOwner, readable, false, s.getDeadLetters},
	}
}

// hooking says what the document has of the calls of this file.
func hooking() map[string]contract.Route {
	reading := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	setting := []contract.Code{contract.CodeNoLeader, contract.CodeKeyMissing, contract.CodeNotReady}
	one := append([]contract.Code{contract.CodeNotFound}, setting...)
	return map[string]contract.Route{
		"GET " + pathWebhooks: {Query: reads(), Codes: reading, Answers: ok("Who is told, by id.", contract.WebhookList{})},
		"POST " + pathWebhooks: {Key: contract.KeyRequired, Request: contract.WebhookRequest{}, Codes: setting, Answers: []contract.Answer{{Status: http.StatusCreated,
			About: "Told from here on, once or more of each event, with one webhook-id for each: drop what you have had. What is sent is signed as Standard Webhooks says (webhook-id, webhook-timestamp, webhook-signature: v1 and HMAC-SHA256 over id.timestamp.body). The secret is shown in this answer alone.", Body: contract.Webhook{}}}},
		"GET " + pathWebhooks + "/{id}":         {Query: reads(), Codes: append([]contract.Code{contract.CodeNotFound}, reading...), Answers: ok("Who is told.", contract.Webhook{})},
		"POST " + pathWebhooks + "/{id}/remove": {Key: contract.KeyRequired, Request: contract.DeadLetterRequest{}, Codes: one, Answers: ok("Told no more; what it was not told yet is forgotten.", contract.DeadLettersSeen{})},
		"POST " + pathWebhooks + "/{id}/test":   {Codes: []contract.Code{contract.CodeNoLeader, contract.CodeNotFound}, Answers: ok("What came of it: a message of type webhook.test.", contract.WebhookTest{})},
		"POST " + pathWebhooks + "/{id}/resend": {Key: contract.KeyRequired, Request: contract.DeadLetterRequest{}, Codes: one, Answers: ok("They are tried again, under the ids that they had.", contract.DeadLettersSeen{})},
		"POST " + pathWebhooks + "/{id}/drop":   {Key: contract.KeyRequired, Request: contract.DeadLetterRequest{}, Codes: one, Answers: ok("They are forgotten.", contract.DeadLettersSeen{})},
		"GET " + pathDead: {Query: paged(text("webhook", "only this one's")), Codes: append([]contract.Code{contract.CodeNotFound}, reading...),
			Answers: ok("Dead letters, the oldest first. A page may have a few rows more than limit: one event is never cut in two.", contract.DeadLetterList{})},
	}
}
