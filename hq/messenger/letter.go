package messenger

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

//go:embed letter.txt
var letterText string

// letters are the templates of mail: each kind of event has a subject and may have a text of its own.
func letters() (*template.Template, error) {
	return template.New("letter").Option("missingkey=error").Parse(letterText)
}

// Letter gives the subject and the text of the mail that tells of an event.
func Letter(m *contract.EventMessage) (subject, text string, err error) {
	t, err := letters()
	if err != nil {
		return "", "", fmt.Errorf("read the templates of mail: %w", err)
	}
	render := func(names ...string) (string, error) {
		for _, name := range names {
			if t.Lookup(name) == nil {
				continue
			}
			var b bytes.Buffer
			if err := t.ExecuteTemplate(&b, name, m); err != nil {
				return "", fmt.Errorf("write mail of %s: %w", m.Type, err)
			}
			return strings.TrimSpace(b.String()), nil
		}
		return "", fmt.Errorf("write mail of %s: there is no template", m.Type)
	}
	if subject, err = render(m.Type+" subject", "subject"); err != nil {
		return "", "", err
	}
	subject = strings.Join(strings.Fields(subject), " ")
	if text, err = render(m.Type, "text"); err != nil {
		return "", "", err
	}
	return subject, text + "\n", nil
}
