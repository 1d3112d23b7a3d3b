package hq

import (
	"bytes"
	"context"
	"log/slog"
	"strings"

	"github.com/hashicorp/go-hclog"
)

// Keys of attributes.
const (
	keyOrder  = "order"
	keyErr    = "err"
	keyServer = "server"
	keyURL    = "url"
	keySite   = "site"
	keySeq    = "seq"
	keyTerm   = "term"
	keyPath   = "path"
	keyMethod = "method"
	keyStatus = "status"
	keyText   = "text"
	keyIndex  = "index"
	keyTook   = "took"
	keyKind   = "kind"
	keyHook   = "webhook"
	keyFails  = "fails"
	keyBy     = "by"
	keyReason = "reason"
	keyRoot   = "root"
	keyLacks  = "lacks"
	keyHosts  = "hosts"
	keyHint   = "hint"
	keyEpoch  = "epoch"
	keyBook   = "book"
	keyEnd    = "of"
)

// raftLogger gives raft a logger that ends in ours.
func raftLogger(log *slog.Logger) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Name: "raft", Level: hclog.Info, DisableTime: true, Output: raftLines{log}})
}

// raftLines takes raft's lines, "[LEVEL] raft: text: key=value ...", one a call.
type raftLines struct{ log *slog.Logger }

func (r raftLines) Write(p []byte) (int, error) {
	line := string(bytes.TrimSpace(p))
	level := slog.LevelInfo
	for word, l := range map[string]slog.Level{"[WARN]": slog.LevelWarn, "[ERROR]": slog.LevelWarn, "[DEBUG]": slog.LevelDebug, "[TRACE]": slog.LevelDebug} {
		if strings.HasPrefix(line, word) {
			level = l // an error of raft's is one that it copes with: what stops it stops Run
		}
	}
	if _, text, ok := strings.Cut(line, "]"); ok {
		line = strings.TrimSpace(text)
	}
	r.log.LogAttrs(context.Background(), level, "raft says", slog.String(keyText, line))
	return len(p), nil
}
