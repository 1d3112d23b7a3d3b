package demo

import (
	"context"
	"sync/atomic"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/badline"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/cutproxy"
)

// A badLine is a line that can be cut and have every other fault.
type badLine struct{ *badline.Proxy }

// Cut breaks or silences it.
func (l badLine) Cut(mode cutproxy.Mode) {
	l.Set(badline.Faults{Refuse: mode == cutproxy.ModeReset, NoUp: mode == cutproxy.ModeSilent, NoDown: mode == cutproxy.ModeSilent})
}

// Heal makes it well.
func (l badLine) Heal() { l.Set(badline.Faults{}) }

// badLines makes lines whose faults a seed draws.
func badLines(seed uint64) newLine {
	var serial atomic.Uint64
	return func(ctx context.Context, _ int, target func() string) (Line, error) {
		p, err := badline.Listen(ctx, badline.Config{Addr: "127.0.0.1:0", Target: target, Seed: seed<<16 + serial.Add(1)})
		if err != nil {
			return nil, err
		}
		return badLine{p}, nil
	}
}
