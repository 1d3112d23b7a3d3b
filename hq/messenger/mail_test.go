package messenger_test

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/messenger"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

var update = flag.Bool("update", false, "write the golden file anew")

// postOffice is a mail server of one conversation, which answers rcpt to RCPT TO.
func postOffice(t *testing.T, rcpt string) (addr string, got <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	came := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		fmt.Fprint(c, "220 post\r\n")
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			switch word := strings.ToUpper(strings.Fields(line + " x")[0]); word {
			case "EHLO", "HELO", "MAIL":
				fmt.Fprint(c, "250 ok\r\n")
			case "RCPT":
				fmt.Fprint(c, rcpt+"\r\n")
			case "DATA":
				fmt.Fprint(c, "354 go on\r\n")
				var b strings.Builder
				for {
					line, err := r.ReadString('\n')
					if err != nil || line == ".\r\n" {
						break
					}
					b.WriteString(line)
				}
				came <- b.String()
				fmt.Fprint(c, "250 taken\r\n")
			default:
				fmt.Fprint(c, "221 bye\r\n")
				return
			}
		}
	}()
	return l.Addr().String(), came
}

func TestAMailIsSentWithTheIDOfItsEvent(t *testing.T) {
	addr, came := postOffice(t, "250 ok")
	m := messenger.NewMailer(testworld.Loopback{}, messenger.Mail{Server: addr, From: "stock@example.com"})
	at := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	if out := m.Send(t.Context(), "olga@shop.example", "evt_1", "Order Ü-1 is on its way", "a = b\n.\nlast\n", at); !out.OK {
		t.Fatalf("got %+v, want it sent", out)
	}
	msg, err := mail.ReadMessage(strings.NewReader(<-came))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"From": "stock@example.com", "To": "olga@shop.example", "Message-ID": "<evt_1@example.com>", "Subject": "=?utf-8?q?Order_=C3=9C-1_is_on_its_way?=",
		"Auto-Submitted": "auto-generated", "Date": "Mon, 05 Jan 2026 08:00:00 +0000"} {
		if got := msg.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	text, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
	if got := strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n..\n", "\n.\n"); err != nil || got != "a = b\n.\nlast\n" {
		t.Errorf("got %q (%v)", got, err)
	}
}

func TestAMailThatIsNotTakenSaysWhyAndNotToWhom(t *testing.T) {
	for name, c := range map[string]struct {
		rcpt string
		gone bool
	}{"full": {"452 olga's mailbox is full", false}, "unknown": {"550 no olga here", true}} {
		addr, _ := postOffice(t, c.rcpt)
		m := messenger.NewMailer(testworld.Loopback{}, messenger.Mail{Server: addr, From: "stock@example.com"})
		if out := m.Send(t.Context(), "olga@shop.example", "evt_1", "s", "t", time.Unix(1, 0)); out.OK || out.Gone != c.gone || !strings.Contains(out.Why, c.rcpt[:3]) || strings.Contains(out.Why, "olga") {
			t.Errorf("%s: got %+v", name, out)
		}
	}
	m := messenger.NewMailer(network{addr: &net.TCPAddr{}}, messenger.Mail{Server: "mail.example:25", From: "stock@example.com"})
	if out := m.Send(t.Context(), "a@b.example\r\nBcc: c@d.example", "evt_1", "s", "t", time.Unix(1, 0)); out.OK || !strings.Contains(out.Why, "line break") {
		t.Errorf("a line break in an address: got %+v", out)
	}
}

// A mail server on another machine that offers no STARTTLS is told nothing.
func TestNoMailGoesToAnotherMachineInTheClear(t *testing.T) {
	addr, came := postOffice(t, "250 ok")
	m := messenger.NewMailer(elsewhere{addr}, messenger.Mail{Server: "mail.example:25", From: "stock@example.com", User: "u", Password: "hush"})
	out := m.Send(t.Context(), "olga@shop.example", "evt_1", "s", "t", time.Unix(1, 0))
	if out.OK || !strings.Contains(out.Why, "STARTTLS") || strings.Contains(out.Why, "hush") || len(came) > 0 {
		t.Errorf("got %+v, want nothing sent", out)
	}
}

// elsewhere reaches one address whatever is dialled.
type elsewhere struct{ addr string }

func TestMailIsSetWholeOrNotAtAll(t *testing.T) {
	for name, m := range map[string]messenger.Mail{
		"no port":       {Server: "mail.example", From: "a@b.example"},
		"no sender":     {Server: "mail.example:25"},
		"a name":        {Server: "mail.example:25", From: "Olga <a@b.example>"},
		"no password":   {Server: "mail.example:25", From: "a@b.example", User: "u"},
		"sender, alone": {From: "a@b.example"},
	} {
		if err := m.Validate(); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	for _, m := range []messenger.Mail{{}, {Server: "mail.example:465", From: "a@b.example", User: "u", Password: "p"}} {
		if err := m.Validate(); err != nil {
			t.Errorf("got %v, want no error", err)
		}
	}
}

// TestLettersKeepTheirWords: the golden file is what people are sent.
func TestLettersKeepTheirWords(t *testing.T) {
	three, four := ledger.Qty(3), ledger.Qty(4)
	order := contract.EventData{Site: "hull", Order: "01900000-0000-7000-8000-00000000000a", Number: "HQ-000012", External: "W-77", Lines: []contract.EventLine{{Line: 1, SKU: "TAP-22", Qty: 3, Waiting: 1}}, LinesMore: 2}
	var got bytes.Buffer
	for _, kind := range []string{"order.confirmed", "order.delayed", "order.ready", "order.dispatched", "order.delivered", "order.handed_over", "order.refunded", "order.cancelled", "order.declined", "stock.low", "exception.raised", "webhook.test", "order.new_kind"} {
		m := contract.EventMessage{Type: kind, Timestamp: "2026-01-05T08:00:00.000Z", Data: order}
		switch kind {
		case "order.delayed":
			m.Data.Promised = "2026-01-08"
		case "order.refunded":
			m.Data.Amount = &contract.Money{Amount: 1299, Currency: "GBP"}
		case "order.dispatched":
			m.Data.Shipment = &contract.EventShipment{Carrier: "acme", Service: "24h", Tracking: "T1"}
		case "stock.low":
			m.Data = contract.EventData{Site: "leeds", SKU: "TAP-22", Qty: &three, Level: &four}
		case "exception.raised":
			m.Data = contract.EventData{Site: "leeds", SKU: "TAP-22", Exception: &contract.EventException{ID: 7, What: "count", Why: "2 were not found: count them"}}
		case "webhook.test":
			m.Data = contract.EventData{}
		}
		subject, text, err := messenger.OwnLetter(kind).Render(&m, "")
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		fmt.Fprintf(&got, "== %s\n%s\n\n%s\n", kind, subject, text)
	}
	const path = "testdata/letters.txt"
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s(%v)", got.Bytes(), want, err)
	}
}

func (e elsewhere) Dial(ctx context.Context, kind, _ string) (net.Conn, error) {
	return testworld.Loopback{}.Dial(ctx, kind, e.addr)
}

func (e elsewhere) Listen(kind, addr string) (net.Listener, error) {
	return testworld.Loopback{}.Listen(kind, addr)
}
