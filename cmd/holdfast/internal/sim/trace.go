package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"time"
)

// lastMax is how many of the latest events a failure prints.
const lastMax = 40

// A trace is what happened, as lines: the digest is over all of them, the last ones are kept.
type trace struct {
	sum  hash.Hash
	last [lastMax]string
	n    uint64
	buf  []byte
	echo func(line string) // for a test that wants to read along; may be nil
}

func newTrace() *trace { return &trace{sum: sha256.New()} }

func (t *trace) say(at time.Duration, who, format string, args ...any) {
	t.buf = fmt.Appendf(t.buf[:0], "%s %-6s ", clock(at), who)
	t.buf = fmt.Appendf(t.buf, format, args...)
	t.buf = append(t.buf, '\n')
	t.sum.Write(t.buf)
	t.last[t.n%lastMax] = string(t.buf[:len(t.buf)-1])
	if t.n++; t.echo != nil {
		t.echo(string(t.buf))
	}
}

func (t *trace) digest() string { return hex.EncodeToString(t.sum.Sum(nil)) }

// tail gives the latest lines, oldest first.
func (t *trace) tail() []string {
	var out []string
	for i := t.n - min(t.n, lastMax); i < t.n; i++ {
		out = append(out, t.last[i%lastMax])
	}
	return out
}

// clock writes a moment of the simulation as hours:minutes:seconds.milliseconds.
func clock(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}
