package progress

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const barMost = 40 // columns of the bar itself

// line says how far the work has come, and with a known total when it will end if it goes on at the
// rate so far. On a terminal it leads with a bar and fits the width.
func (b *Bar) line(now time.Time) string {
	took := now.Sub(b.started)
	rate := 0.0
	if took > 0 {
		rate = float64(b.done) / took.Seconds()
	}
	parts := []string{grouped(b.done)}
	if b.cfg.Total > 0 {
		parts = []string{fmt.Sprintf("%3d %%", b.percent()), grouped(b.done) + " of " + grouped(b.cfg.Total)}
	}
	parts = append(parts, perSecond(rate)+"/s")
	switch {
	case b.finished:
		parts = append(parts, "took "+clock(took))
	case b.cfg.Total > b.done && rate > 0:
		left := float64(b.cfg.Total-b.done) / rate
		parts = append(parts, clock(seconds(left))+" left")
	}
	text := strings.Join(parts, ", ")
	if !b.cfg.IsTerminal {
		return b.cfg.Label + ": " + text
	}
	return b.fit(text)
}

// percent is rounded down: 100 means done.
func (b *Bar) percent() int64 {
	return int64(float64(min(b.done, b.cfg.Total)) / float64(b.cfg.Total) * 100)
}

// fit sets label, bar and text into one column less than the terminal has, for a full line makes some
// terminals wrap. The bar gives way first, then the end of the text.
func (b *Bar) fit(text string) string {
	width := widthPlain
	if b.cfg.Width != nil {
		if w := b.cfg.Width(); w >= widthLeast {
			width = w
		}
	}
	width--
	label := b.cfg.Label + " "
	room := min(width-runes(label)-runes(text)-3, barMost)
	if b.cfg.Total > 0 && room >= 5 {
		full := int(float64(min(b.done, b.cfg.Total)) / float64(b.cfg.Total) * float64(room))
		label += "[" + strings.Repeat("=", full) + strings.Repeat(" ", room-full) + "] "
	}
	line := []rune(label + text)
	return string(line[:min(len(line), width)])
}

func runes(text string) int { return len([]rune(text)) }

// grouped writes a count with commas at the thousands.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// perSecond writes a rate with a decimal where it is small enough to matter.
func perSecond(rate float64) string {
	if rate < 10 {
		return strconv.FormatFloat(rate, 'f', 1, 64)
	}
	return grouped(int64(min(rate, math.MaxInt64/2)))
}

// seconds turns a forecast into a duration of at most 99 hours; beyond that it tells nobody anything.
func seconds(s float64) time.Duration {
	const most = 99 * time.Hour
	return time.Duration(min(s, most.Seconds()) * float64(time.Second))
}

// clock writes a duration as people read a stopwatch: 0:07, 12:34, 1:02:03. Part seconds are dropped.
func clock(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
