package allocate

import "math/bits"

// A Place is a point on the earth, in millionths of a degree; the zero Place is not known, for nobody lives there.
type Place struct{ LatE6, LonE6 int64 }

// Known says whether the place is.
func (p Place) Known() bool { return p != Place{} }

// Farthest is about as far as two places can lie apart: what a place that is not known counts as.
const Farthest = 20_037_508

const (
	one         = 1 << 30 // 1 in fixed point
	halfPi      = 1_686_629_713
	earthMetres = 6_371_009 // its mean radius
	turnE6      = 360_000_000
	radScale    = 20         // one millionth of a degree is radFactor / 2^radScale
	radFactor   = 19_650_660 // in fixed point: 2^30 * pi / 180,000,000 * 2^20
)

// Metres is how far two places lie apart, as the crow flies: by haversines, in integers, for every server must come to
// the same figure. It is within 0.5 % and 2 m of what a sphere has.
func Metres(a, b Place) int64 {
	dLat, dLon := abs(a.LatE6-b.LatE6), abs(a.LonE6-b.LonE6)
	if dLon > turnE6/2 {
		dLon = turnE6 - dLon
	}
	s, t := sine(radians(dLat)/2), sine(radians(dLon)/2)
	cosines := cosine(radians(abs(a.LatE6))) * cosine(radians(abs(b.LatE6))) >> 30
	hi, lo := bits.Mul64(uint64(t*t), uint64(cosines))
	hav := min(uint64(s*s)+(hi<<34|lo>>30), 1<<60)
	return 2 * earthMetres * arcsine(root(hav)) >> 30
}

func abs(n int64) int64 { return max(n, -n) }

// radians of an angle from 0 to 180 degrees.
func radians(e6 int64) int64 { return min(e6, turnE6/2) * radFactor >> radScale }

// sine of an angle from 0 to pi/2: its series up to the eleventh power, right to 6 in 10^8.
func sine(x int64) int64 {
	x = min(x, halfPi)
	square := x * x >> 30
	sum := int64(one)
	for _, n := range [...]int64{110, 72, 42, 20, 6} {
		sum = one - sum*square/n>>30
	}
	return x * sum >> 30
}

func cosine(x int64) int64 { return sine(halfPi - min(x, halfPi)) }

// arcsine of 0 to 1. Beyond a half it is that of another triangle, for there its series comes slowly.
func arcsine(x int64) int64 {
	if x > one/2 {
		return halfPi - 2*arcsine(root(uint64(one-x)<<29))
	}
	square := x * x >> 30
	sum := int64(one)
	for _, n := range [...][2]int64{{121, 156}, {81, 110}, {49, 72}, {25, 42}, {9, 20}, {1, 6}} { // the next power's part of the last
		sum = one + sum*square>>30*n[0]/n[1]
	}
	return x * sum >> 30
}

// root is the whole part of a square root.
func root(n uint64) int64 {
	if n == 0 {
		return 0
	}
	r := uint64(1) << ((bits.Len64(n) + 1) / 2)
	for {
		next := (r + n/r) / 2
		if next >= r {
			return int64(r)
		}
		r = next
	}
}
