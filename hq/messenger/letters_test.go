package messenger_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/messenger"
)

// What an operator writes is sent, what he does not write stays as it was, and all that is wrong is said before anybody is told anything.
func TestAnOperatorWritesLetters(t *testing.T) {
	letters, err := messenger.ReadLetters([]byte(`{"version":1,"letters":{"order.ready":{"subject":"Come for {order}[, {external_id}]","text":"Hello {name},\n{lines}\n{tracking}"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	m, name := messenger.Sample("order.ready")
	m.Data.Shipment, m.Data.External = nil, ""
	subject, text, err := letters.Of("order.ready").Render(m, name)
	if want := "Hello Ada Jones,\n2 x TAP-22\n5 x PIPE, of these 1 wait for goods\nand 1 lines more\n"; err != nil || subject != "Come for LEEDS-000042" || text != want {
		t.Errorf("got %q, %q (%v); want %q", subject, text, err, want)
	}
	if letters.Of("order.delayed") != messenger.OwnLetter("order.delayed") || messenger.Letters(nil).Of("order.ready") != messenger.OwnLetter("order.ready") {
		t.Error("what nobody has written is another letter")
	}
	for file, words := range map[string][]string{
		`{"version":2,"letters":{}}`:                                        {"this program reads 1"},
		`{"version":1,"letter":{}}`:                                         {"letter"},
		`{"version":1,"letters":{"order.redy":{"subject":"a","text":"b"}}}`: {"order.redy", "order.ready"},
		`{"version":1,"letters":{"order.ready":{"subject":"a{","text":"b"},"order.delayed":{"subject":"a","text":"b\n{nam}"},"stock.low":{"subject":"a","text":""}}}`: {"letter order.ready", "without its other half", "letter order.delayed", "line 2", "{nam}", "there are amount", "letter stock.low", "is empty"},
	} {
		_, err := messenger.ReadLetters([]byte(file))
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: got %v, want it to say %q", file, err, w)
			}
		}
	}
}

// The program's own letters are a file that it reads, and say something of every kind.
func TestItsOwnLettersAreAFileToBeginWith(t *testing.T) {
	own := messenger.Letters{}
	for _, kind := range messenger.LetterKinds() {
		own[kind] = messenger.OwnLetter(kind)
		if m, name := messenger.Sample(kind); kind != "webhook.test" {
			subject, text, err := own[kind].Render(m, name)
			if err != nil || subject == "" || strings.Contains(subject+text, "{") || !strings.Contains(text, "2026-12-10") {
				t.Errorf("%s: got %q, %q (%v)", kind, subject, text, err)
			}
		}
	}
	raw, err := json.Marshal(map[string]any{"version": 1, "letters": own})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := messenger.ReadLetters(raw); err != nil || len(again) != len(own) {
		t.Errorf("got %d letters (%v), want %d", len(again), err, len(own))
	}
}
