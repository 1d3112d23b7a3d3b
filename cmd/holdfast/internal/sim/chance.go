package sim

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// A chance is one named stream of draws: taking a draw from one does not shift the others.
type chance struct{ r *rand.Rand }

func newChance(seed uint64, name string) *chance {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes any bytes
	return &chance{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// Read gives random bytes; it never fails.
func (c *chance) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c.r.Uint32())
	}
	return len(p), nil
}

// in100 is true n times in a hundred.
func (c *chance) in100(n int) bool { return c.r.IntN(100) < n }

func (c *chance) upTo(n int) int { return c.r.IntN(n) }

func (c *chance) between(from, to time.Duration) time.Duration {
	return from + time.Duration(c.r.Int64N(int64(to-from)+1))
}

// around gives waits of which most are shorter than mean and a few much longer, up to 8 times.
// It halves a uniform draw a random number of times: no floating point, so no last bit that
// differs between processors.
func (c *chance) around(mean time.Duration) time.Duration {
	top := 8 * mean
	for range 4 {
		if c.in100(70) {
			top /= 2
		}
	}
	return c.between(top/8, top)
}

func (c *chance) bytes16() (b [16]byte) {
	_, _ = c.Read(b[:]) // never fails
	return b
}

// pick draws an index by weight.
func (c *chance) pick(weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	at := c.r.IntN(sum)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	panic("sim: weights do not add up")
}
