package ledger

// MarshalSiteList gives a list's stored bytes.
func MarshalSiteList(v *SiteList) []byte {
	p := newPacker()
	p.array(3)
	p.uint(1)
	p.uint(v.Version)
	p.array(len(v.Sites))
	for _, s := range v.Sites {
		p.array(2)
		p.str(string(s.ID))
		p.bool(s.Counter)
	}
	return p.bytes()
}

// UnmarshalSiteList reads what MarshalSiteList wrote.
func UnmarshalSiteList(b []byte) (*SiteList, error) {
	u := newUnpacker(b)
	n := u.array(3)
	u.uint() // version
	v := &SiteList{Version: u.uint()}
	for range u.list(SitesListedMax) {
		k := u.array(2)
		v.Sites = append(v.Sites, ListedSite{ID: SiteID(u.str()), Counter: u.bool()})
		u.rest(k, 2)
	}
	u.rest(n, 3)
	if err := u.done("list of sites"); err != nil {
		return nil, err
	}
	return v, nil
}
