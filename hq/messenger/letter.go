package messenger

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Bounds of a letter, in bytes.
const (
	SubjectMax = 200
	TextMax    = 8 << 10
)

// A Letter is what somebody is told by mail, as a person writes it: plain text, with words in braces for what an event says. What stands
// between [ and ] is left out where none of its words says anything, and so is a whole line.
type Letter struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// letterText is what an event is told by where nobody has written another text.
const letterText = `Dear {name},

Order {order}[ (yours: {external_id})]
Site: {site}
{lines}
Carrier: {carrier}[, {service}]
Tracking number: {tracking}
Now promised by {promised_by}
Paid back: {amount}

{when}
`

// ownSubjects are the subjects of letters of this program, by the kinds of events that it knows.
func ownSubjects() map[string]string {
	return map[string]string{
		"order.confirmed":   "Order {order} is confirmed",
		"order.delayed":     "Order {order} is delayed",
		"order.ready":       "Order {order} is ready to be collected[ at {site}]",
		"order.dispatched":  "Order {order} is on its way",
		"order.delivered":   "Order {order} has been delivered",
		"order.handed_over": "Order {order} has been handed over",
		"order.refunded":    "{amount} of order {order} is paid back",
		"order.cancelled":   "Order {order} is cancelled",
		"order.declined":    "Order {order} cannot be served",
		"stock.low":         "{sku} is low at {site}: {qty} left",
		"exception.raised":  "Somebody must look: {exception}[ at {site}]",
		"webhook.test":      "A test",
	}
}

// OwnLetter is the letter of a kind of event that this program has itself.
func OwnLetter(kind string) Letter {
	text := letterText
	subject, known := ownSubjects()[kind]
	if !known {
		subject = "{event}"
	}
	switch kind {
	case "stock.low":
		text = "{qty} of {sku} can be promised at {site}. Its rule says to tell below {level}.\n\n{when}\n"
	case "exception.raised":
		text = "{why}\n\nException {exception_id}[, article {sku}][, order {order}]. When it is seen to: holdfast exception resolve {exception_id} --note ...\n\n{when}\n"
	case "webhook.test":
		text = "This is a test. Nothing has happened.\n"
	}
	return Letter{Subject: subject, Text: text}
}

// words is what the words of a letter say.
type words map[string]string

// wordsOf fills the words in for an event. name is that of the customer who is told; "" where it is somebody else.
func wordsOf(m *contract.EventMessage, name string) words {
	d := &m.Data
	w := words{"event": m.Type, "when": m.Timestamp, "name": name, "order": d.Number, "external_id": d.External, "customer": d.Customer, "channel": d.Channel, "site": string(d.Site),
		"sku": string(d.SKU), "promised_by": d.Promised, "lines": "", "carrier": "", "service": "", "tracking": "", "amount": "", "qty": "", "level": "", "exception": "", "exception_id": "", "why": ""}
	if d.Number == "" {
		w["order"] = string(d.Order)
	}
	if s := d.Shipment; s != nil {
		w["carrier"], w["service"], w["tracking"] = s.Carrier, s.Service, s.Tracking
	}
	if a := d.Amount; a != nil {
		w["amount"] = pricing.Text(a.Amount, a.Currency)
	}
	for name, q := range map[string]*ledger.Qty{"qty": d.Qty, "level": d.Level} {
		if q != nil {
			w[name] = strconv.FormatInt(int64(*q), 10)
		}
	}
	if x := d.Exception; x != nil {
		w["exception"], w["exception_id"], w["why"] = x.What, strconv.FormatUint(x.ID, 10), x.Why
	}
	var lines []string
	for _, l := range d.Lines {
		line := fmt.Sprintf("%d x %s", l.Qty, l.SKU)
		if l.Waiting > 0 {
			line += fmt.Sprintf(", of these %d wait for goods", l.Waiting)
		}
		lines = append(lines, line)
	}
	if d.LinesMore > 0 {
		lines = append(lines, fmt.Sprintf("and %d lines more", d.LinesMore))
	}
	for name, says := range w { // what others wrote is shown as it is, and no more
		w[name] = strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return ' '
			}
			return r
		}, says)
	}
	w["lines"] = strings.Join(lines, "\n")
	return w
}

// LetterWords lists the words that a letter may use.
func LetterWords() []string { return slices.Sorted(maps.Keys(wordsOf(&contract.EventMessage{}, ""))) }

// Check refuses a letter that cannot be filled in, or is larger than what is sent.
func (l Letter) Check() error {
	form := func(field, why string, args ...any) error {
		return &ledger.FormError{Field: field, Why: fmt.Sprintf(why, args...)}
	}
	for _, part := range []struct {
		field, text string
		most        int
	}{{"subject", l.Subject, SubjectMax}, {"text", l.Text, TextMax}} {
		if strings.TrimSpace(part.text) == "" || len(part.text) > part.most {
			return form(part.field, "is empty, or longer than %d bytes", part.most)
		}
		control := func(r rune) bool { return r < ' ' || r == 0x7f }
		if part.field == "subject" && strings.ContainsFunc(part.text, control) {
			return form("subject", "has a control character in it: a subject is one line of text, with neither tabs nor breaks")
		}
		if strings.ContainsFunc(part.text, func(r rune) bool { return control(r) && r != '\n' && r != '\t' }) {
			return form("text", "has a control character in it: beside the breaks of its lines and tabs a letter has text alone")
		}
		for i, line := range strings.Split(part.text, "\n") {
			if _, _, _, err := wordsOf(&contract.EventMessage{}, "").fill(line, false); err != nil {
				return form(part.field, "line %d %v", i+1, err)
			}
		}
	}
	return nil
}

// Render fills the letter in for an event. name is that of the customer who is told; "" where it is somebody else. The subject is one line.
func (l Letter) Render(m *contract.EventMessage, name string) (subject, text string, err error) {
	w := wordsOf(m, name)
	if subject, err = w.all(l.Subject); err != nil {
		return "", "", fmt.Errorf("write mail of %s: subject %w", m.Type, err)
	}
	if text, err = w.all(l.Text); err != nil {
		return "", "", fmt.Errorf("write mail of %s: %w", m.Type, err)
	}
	subject = strings.Join(strings.Fields(subject), " ")
	if r := []rune(subject); len(r) > SubjectMax {
		subject = string(r[:SubjectMax])
	}
	return subject, text + "\n", nil
}

// all fills a text in, line by line, with no more than one empty line between two others.
func (w words) all(text string) (string, error) {
	var out []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		filled, has, said, err := w.fill(line, false)
		if err != nil {
			return "", err
		}
		if has > 0 && said == 0 || filled == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, filled)
	}
	return strings.TrimSpace(strings.Join(out, "\n")), nil
}

// fill fills one line in: has is how many words it has, said how many of them say something.
func (w words) fill(line string, inside bool) (out string, has, said int, err error) {
	var b strings.Builder
	for {
		i := strings.IndexAny(line, "{}[]")
		if i < 0 {
			b.WriteString(line)
			return b.String(), has, said, nil
		}
		b.WriteString(line[:i])
		open := line[i]
		line = line[i+1:]
		end := strings.IndexByte(line, map[byte]byte{'{': '}', '[': ']'}[open])
		if open != '{' && open != '[' || end < 0 || open == '[' && inside {
			return "", 0, 0, fmt.Errorf("has a %q without its other half, or one in another", string(open))
		}
		part := line[:end]
		line = line[end+1:]
		if open == '[' {
			text, n, k, err := w.fill(part, true)
			if err != nil {
				return "", 0, 0, err
			}
			if has, said = has+n, said+k; k > 0 || n == 0 {
				b.WriteString(text)
			}
			continue
		}
		says, known := w[part]
		if !known {
			return "", 0, 0, fmt.Errorf("has {%s}, and there is no such word: there are %s", clipped(part), strings.Join(LetterWords(), ", "))
		}
		if has++; says != "" {
			said++
		}
		b.WriteString(says)
	}
}

// clipped shortens a word that somebody wrote, for an answer about it.
func clipped(word string) string {
	if len(word) > 40 {
		return strings.ToValidUTF8(word[:40], "") + "..."
	}
	return word
}
