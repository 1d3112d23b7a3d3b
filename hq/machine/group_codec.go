package machine

import "errors"

var errNoMember = errors.New("a command that stands in no group")

func (c *coder) group(v *Group) {
	c.fields(1, func() {
		list(c, &v.Members, MembersMax, func(m *Member) {
			c.fields(3, func() {
				k := kind(0)
				if !c.reading() {
					k = m.Command.kind()
				}
				count(c, &k)
				if c.reading() {
					if m.Command = newCommand(k); m.Command == nil || !grouped(m.Command) {
						c.note(errNoMember)
						return
					}
				}
				c.blob(func(c *coder) { c.command(m.Command) })
				c.flag(&m.Rests)
			})
		})
	})
}
