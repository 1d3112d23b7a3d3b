package hq

import (
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
)

// healthOfHooks describes the figures of those who are told of events. They are labelled by the webhook's id, of which there are 32 at most.
func healthOfHooks() map[string]string {
	return map[string]string{
		"hq_webhook_behind_events":   "Events that the webhook was not told yet, at most.",
		"hq_webhook_dead_letters":    "Events that the webhook could not be told, and that somebody has to see to.",
		"hq_webhook_failing_seconds": "Since when nothing gets through to the webhook; 0 while all is well.",
		"hq_webhook_lost_total":      "Dead letters of the webhook that were forgotten because there were too many.",
	}
}

// healthOfTelling puts the figures of those who are told.
func (f *figures) healthOfTelling(put func(string, float64, ...string)) {
	now := f.server.now()
	f.server.View(func(m *machine.Machine) {
		dead := m.DeadOf()
		for _, h := range m.Hooks() {
			name, failing := string(h.ID), time.Duration(0)
			if !h.Failing.IsZero() {
				failing = max(now.Sub(h.Failing), 0)
			}
			put("hq_webhook_behind_events", float64(m.BehindOf(h)), name)
			put("hq_webhook_dead_letters", float64(dead[h.ID]), name)
			put("hq_webhook_failing_seconds", failing.Seconds(), name)
			put("hq_webhook_lost_total", float64(h.Lost), name)
		}
	})
}
