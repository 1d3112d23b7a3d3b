package siege

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/door"
)

func textAttacks() []attack {
	return []attack{
		{"names and reasons that are HTML, formulas, escapes of a terminal", hostileTexts},
	}
}

// mayAs says whether a role has a permission.
func mayAs(role string, needs door.Permission) bool {
	roles, err := ledger.ParseRoles([]string{role})
	return err == nil && roles&needs.Roles() != 0
}

// hostileTexts are what somebody may call an article. Each may be refused; whatever is taken must do nothing on a screen, in
// a spreadsheet, on a terminal or in a log.
func hostileTexts(ctx context.Context, t *town) error {
	texts := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `=HYPERLINK("http://elsewhere.example","x")`, "+cmd|' /C calc'!A0", "@SUM(A1)",
		"\x1b[2J\x1b[31mowned", "red\x1b]0;owned\x07", "line\r\nSet-Cookie: owned=1", "\u009b31mowned", "right\u202eleft", "nothing\x00more"}
	for i, text := range texts {
		for path, body := range map[string]any{
			fmt.Sprintf("/v1/items/ODD-%d", i):     map[string]any{"name": text},
			fmt.Sprintf("/v1/customers/ODD-%d", i): map[string]any{"name": text},
			fmt.Sprintf("/v1/expected/ODD-%d", i):  map[string]any{"site": "leeds", "supplier": text, "on": "2026-12-01", "lines": []any{map[string]any{"sku": sku, "qty": 1}}},
		} {
			got, err := t.ask(ctx, t.http, http.MethodPut, t.office.URL+path, t.hq.Token, encode(body))
			if err != nil {
				return err
			}
			if got.status >= 500 {
				return got.want(path, 200, 400)
			}
			if controls(text) && got.status < 300 {
				return fmt.Errorf("%s: got %q taken, which no terminal must see", path, text)
			}
		}
		got, err := t.ask(ctx, t.http, http.MethodPost, t.shop.URL+"/v1/adjustments", t.leeds.Token,
			encode(map[string]any{"reason": "lost", "note": text, "lines": []any{map[string]any{"sku": sku, "qty": -1}}}), func(r *http.Request) { r.Header.Set("Idempotency-Key", fmt.Sprintf("odd-%d", i)) })
		if err != nil {
			return err
		}
		if controls(text) && got.status < 300 {
			return fmt.Errorf("adjustment: got %q taken, which no terminal must see", text)
		}
	}
	for _, cl := range []string{t.shop.URL, t.office.URL} {
		got, err := t.ask(ctx, t.http, http.MethodGet, cl+"/", t.hq.Token, nil)
		if err != nil {
			return err
		}
		if strings.Contains(got.body, "onerror") || strings.Contains(got.body, "alert(1)") {
			return fmt.Errorf("%s: got an article's name in the page as it is", cl)
		}
	}
	return t.printedSafely(ctx)
}

// controls says whether a text has what a terminal obeys: control characters, also those of ISO 6429's second set, and what
// turns the direction of what follows.
func controls(text string) bool {
	return strings.ContainsFunc(text, func(c rune) bool {
		return c < ' ' || c >= 0x7f && c <= 0x9f || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069
	})
}

// printedSafely has the command line list and export what was taken.
func (t *town) printedSafely(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	tokenFile := filepath.Join(t.officeDir(), "owner.token")
	for _, args := range [][]string{{"export", "items", "-"}, {"item", "list", "ODD"}, {"customer", "list"}, {"expected", "list"}} {
		cmd := exec.CommandContext(ctx, self, append(args, "--to", t.office.URL, "--token-file", tokenFile)...)
		var out, said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &said
		err := cmd.Run()
		if err != nil {
			return fmt.Errorf("holdfast %s: %w: %s", strings.Join(args, " "), err, said.String())
		}
		for line := range strings.Lines(out.String()) {
			if controls(strings.NewReplacer("\n", "", "\t", "", "\r", "").Replace(line)) {
				return fmt.Errorf("holdfast %s: got %q, which a terminal obeys", strings.Join(args, " "), line)
			}
			if args[0] == "export" {
				for field := range strings.SplitSeq(strings.TrimSpace(line), ",") {
					if strings.ContainsAny(field[:min(1, len(field))], "=+@") {
						return fmt.Errorf("export: got %q, which a spreadsheet runs", field)
					}
				}
			}
		}
	}
	return nil
}
