package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/messenger"
)

type webhookLettersCmd struct {
	Kinds []string `arg:"" name:"kind" optional:"" help:"Kinds of events, for example order.ready; default all."`
	File  string   `help:"File of letters to check and show; what it lacks is this program's own." placeholder:"FILE"`
	Write bool     `help:"Print the letters as a file to begin with, not filled in."`
}

// Run shows letters.
func (c *webhookLettersCmd) Run(h *house) error {
	var letters messenger.Letters
	if c.File != "" {
		var err error
		if letters, err = readLetters(c.File); err != nil {
			return err
		}
	}
	kinds := c.Kinds
	if len(kinds) == 0 {
		kinds = messenger.LetterKinds()
	}
	for _, kind := range kinds {
		if !slices.Contains(messenger.LetterKinds(), kind) {
			return fmt.Errorf("%w: there is no kind of event %q: there are %s", errUsage, kind, strings.Join(messenger.LetterKinds(), ", "))
		}
	}
	if c.Write {
		out := messenger.Letters{}
		for _, kind := range kinds {
			out[kind] = letters.Of(kind)
		}
		enc := json.NewEncoder(h.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"version": 1, "letters": out})
	}
	for _, kind := range kinds {
		event, name := messenger.Sample(kind)
		subject, text, err := letters.Of(kind).Render(event, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(h.stdout, "%s\nSubject: %s\n\n%s\n", kind, subject, text)
	}
	_, err := fmt.Fprintf(h.stdout, "words: {%s}. What stands between [ and ] is left out where none of its words says anything, and so is a line.\n", strings.Join(messenger.LetterWords(), "} {"))
	return err
}

// readLetters reads a file of letters.
func readLetters(path string) (messenger.Letters, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read letters: %w", err)
	}
	letters, err := messenger.ReadLetters(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errUsage, path, err)
	}
	return letters, nil
}
