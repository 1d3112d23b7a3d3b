//go:build !linux

package main

import "math"

// diskRoom is not known here.
func diskRoom(string) (free, size float64) { return math.NaN(), math.NaN() }
