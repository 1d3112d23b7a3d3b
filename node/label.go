package node

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// A parcel is what a carrier takes as one: a carton, or, of goods that left in none, all that left with them.
type parcel struct {
	name     string // of its file: the entry that sent it and its place there, digits and hyphens only
	from     string
	order    string // the order's number, or its id
	country  string // where it goes, as far as this book knows
	postcode string
	carrier  string
	service  string
	tracking string
	sscc     gs1.SSCC // "": it has none
	grams    int64    // 0: nobody has weighed it
	nth, of  int      // which of how many that left together, from 1
}

// label is the parcel's label in ZPL II: 4 by 6 inches at 203 dots an inch. Every text is data, whatever is in it (zplText), and the SSCC is a GS1-128
// symbol: Code 128 that begins with FNC1 and its AI.
func (p *parcel) label() []byte {
	var b strings.Builder
	b.WriteString("^XA\n^CI28\n^PW812\n^LL1218\n^LH0,0\n")
	text := func(x, y, height int, s string) {
		if s != "" {
			fmt.Fprintf(&b, "^FO%d,%d^A0N,%d,%d^FH_^FD%s^FS\n", x, y, height, height, zplText(s))
		}
	}
	text(40, 40, 36, "From "+p.from)
	text(40, 90, 36, "Order "+p.order)
	text(40, 180, 90, strings.TrimSpace(p.country+" "+p.postcode))
	text(40, 330, 50, strings.TrimSpace(p.carrier+" "+p.service))
	text(40, 400, 50, p.tracking)
	text(40, 480, 36, fmt.Sprintf("Parcel %d of %d", p.nth, p.of))
	if p.grams > 0 {
		text(440, 480, 36, fmt.Sprintf("%d.%03d kg", p.grams/1000, p.grams%1000))
	}
	if p.sscc != "" {
		fmt.Fprintf(&b, "^FO60,640^BY3^BCN,320,N,N,N^FD>;>800%s^FS\n", p.sscc)
		text(160, 990, 44, "(00) "+string(p.sscc))
	}
	b.WriteString("^XZ\n")
	return []byte(b.String())
}

// zplTextMax bounds a line of a label, in letters: what is longer runs off it.
const zplTextMax = 48

// zplText writes a text as a field of ZPL holds it behind ^FH_: what the printer would take for a command, and what is not ASCII, by its bytes of UTF-8 in hex.
func zplText(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(s, "?") {
		if n++; n > zplTextMax {
			break
		}
		switch {
		case r < ' ' || r == 0x7f:
			b.WriteByte(' ')
		case r == '^' || r == '~' || r == '\\' || r == '_' || r > 0x7e:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, "_%02X", c)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
