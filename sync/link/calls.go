package link

import (
	"context"
	"log/slog"
	"time"

	"github.com/holdfast-stock/holdfast/sync/wire"
)

// callWaitMax bounds what a call may take, whatever deadline came with it.
const callWaitMax = 10 * time.Second

// answer has the node answer a live question and posts its answer. Beyond callsMax at once a
// question goes unanswered, as it does without an Answer: by its deadline nobody has been
// promised anything. mu is held.
func (l *Link) answer(ctx context.Context, call wire.Call) {
	wait := min(time.Duration(call.DeadlineMS)*time.Millisecond, callWaitMax)
	if l.parts.Answer == nil || wait <= 0 {
		return
	}
	select {
	case l.answers <- struct{}{}:
	default:
		l.parts.Log.LogAttrs(ctx, slog.LevelWarn, "call left unanswered", slog.String(keyOrder, string(call.Cancel)))
		return
	}
	talk, server := l.talk.Talk(), l.talk.Picture().Server
	ctx, cancel := context.WithTimeout(ctx, wait)
	l.work.Go(func() {
		defer func() { cancel(); <-l.answers }()
		reply := l.parts.Answer(ctx, call)
		if ctx.Err() != nil {
			return
		}
		reply.Site, reply.ID = l.cfg.Site, call.ID
		if err := l.exchange(ctx, LaneReply, server+wire.PathReply, &reply, nil); err != nil && ctx.Err() == nil {
			l.drop(ctx)
			l.step(Lost{Talk: talk, Err: err})
		}
	})
}
