package machine

import "errors"

var errNoMember = errors.New("a command that stands in no group")

func (c *coder) group(v *Group) {
	c.fields(1, func() {
		list(c, &v.Members, MembersMax, func(m *Command) {
			c.fields(2, func() {
				k := kind(0)
				if !c.reading() {
					k = (*m).kind()
				}
				count(c, &k)
				if c.reading() {
					if *m = newCommand(k); *m == nil || !grouped(*m) {
						c.note(errNoMember)
						return
					}
				}
				c.blob(func(c *coder) { c.command(*m) })
			})
		})
	})
}
