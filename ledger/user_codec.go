package ledger

import (
	"math"
	"time"
)

const (
	userVersion   = 1
	peopleVersion = 1
	// userElementsMax and peopleElementsMax bound the values of a user, and of a list of UsersAtMax.
	userElementsMax   = 2_000
	peopleElementsMax = 1_000_000
)

// MarshalUser gives a user's stored bytes.
func MarshalUser(v *User) []byte {
	w := rowWriter{}
	w.user(v)
	return w.buf
}

// UnmarshalUser reads what MarshalUser wrote.
func UnmarshalUser(b []byte) (*User, error) {
	r := newRowReader(b, userElementsMax, nil)
	v := r.user()
	if err := r.done("user"); err != nil {
		return nil, err
	}
	return &v, nil
}

// MarshalPeople gives the stored and sent bytes of a list of users.
func MarshalPeople(v *People) []byte {
	w := rowWriter{}
	w.row(func() {
		w.uint(peopleVersion)
		w.uint(v.Version)
		w.list(len(v.Users), func(i int) { w.user(&v.Users[i]) })
		w.said(v.Said)
		w.list(len(v.Gone), func(i int) {
			w.row(func() {
				w.str(string(v.Gone[i].ID))
				w.said(v.Gone[i].Said)
			})
		})
	})
	return w.buf
}

// UnmarshalPeople reads what MarshalPeople wrote.
func UnmarshalPeople(b []byte) (*People, error) {
	r := newRowReader(b, peopleElementsMax, nil)
	v := &People{}
	r.row(1, func() {
		if r.uint() == 0 {
			r.refuse("people version 0")
		}
		v.Version = r.uint()
		r.list(UsersAtMax, func(n int) {
			for range n {
				u := r.user()
				r.listed(u.ID)
				v.Users = append(v.Users, u)
			}
		})
		v.Said = r.said()
		r.list(UsersAtMax, func(n int) {
			for range n {
				var g GoneUser
				r.row(1, func() { g.ID, g.Said = UserID(r.str()), r.said() })
				r.listed(g.ID)
				v.Gone = append(v.Gone, g)
			}
		})
	})
	if err := r.done("people"); err != nil {
		return nil, err
	}
	return v, nil
}

func (w *rowWriter) user(v *User) {
	w.row(func() {
		w.uint(userVersion)
		w.str(string(v.ID))
		w.uint(uint64(v.Kind))
		w.str(v.Name)
		w.uint(uint64(v.Roles))
		w.list(len(v.Scope), func(i int) { w.str(v.Scope[i]) })
		w.list(len(v.Sites), func(i int) { w.str(string(v.Sites[i])) })
		w.str(v.Disabled)
		w.str(v.Password)
		w.str(v.PIN)
		if v.Token == [32]byte{} {
			w.null()
		} else {
			w.bin(v.Token[:])
		}
		if v.Expires.IsZero() {
			w.int(0)
		} else {
			w.int(v.Expires.UnixMilli())
		}
		w.said(v.Said) // of a user whom nobody said when, the bytes of before there was this
		w.said(v.PasswordAt)
	})
}

func (w *rowWriter) said(v Said) {
	w.uint(v.Life)
	w.uint(v.Number)
}

func (r *rowReader) said() Said { return Said{Life: r.uint(), Number: r.uint()} }

// listed refuses a row of nobody in a list: it would not be read again.
func (r *rowReader) listed(id UserID) {
	if id == "" {
		r.refuse("a user without an id")
	}
}

func (r *rowReader) user() (v User) {
	r.row(2, func() {
		if r.uint() == 0 {
			r.refuse("user version 0")
		}
		v.ID, v.Kind = UserID(r.str()), UserKind(r.upTo(math.MaxUint8))
		v.Name, v.Roles = r.str(), Roles(r.upTo(math.MaxUint32))
		r.list(UserScopeMax, func(n int) {
			for range n {
				v.Scope = append(v.Scope, r.str())
			}
		})
		r.list(UserSitesMax, func(n int) {
			for range n {
				v.Sites = append(v.Sites, SiteID(r.str()))
			}
		})
		v.Disabled, v.Password, v.PIN = r.str(), r.str(), r.str()
		r.fixed(v.Token[:], true)
		if ms := r.int(); ms != 0 {
			v.Expires = time.UnixMilli(ms).UTC()
		}
		v.Said, v.PasswordAt = r.said(), r.said()
	})
	return v
}
