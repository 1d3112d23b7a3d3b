package ledger

import "fmt"

// marshalPlan gives the stored bytes of a rebuild's plan, without its checksum.
func marshalPlan(v *RebuildPlan) []byte {
	p := newPacker()
	p.array(11)
	p.uint(1)
	p.uint(uint64(v.Phase))
	p.str(string(v.Site))
	p.bin(v.NodeKey[:])
	p.uint(uint64(v.Epoch))
	p.incarnation(v.H)
	p.bool(v.Counter)
	p.uint(uint64(v.Stored.Epoch))
	p.uint(uint64(v.Stored.Seq))
	p.bin(v.Stored.Hash[:])
	p.bool(v.Replaced)
	return p.bytes()
}

func unmarshalPlan(b []byte) (RebuildPlan, error) {
	u := newUnpacker(b)
	n := u.array(11)
	u.uint() // version
	phase := u.uint()
	v := RebuildPlan{Phase: RebuildPhase(min(phase, 255)), Site: SiteID(u.str())}
	u.fixed(v.NodeKey[:], false)
	v.Epoch, v.H, v.Counter = Epoch(u.uint()), u.incarnation(), u.bool()
	v.Stored.Epoch, v.Stored.Seq = Epoch(u.uint()), Seq(u.uint())
	u.fixed(v.Stored.Hash[:], false)
	v.Replaced = u.bool()
	u.rest(n, 11)
	if err := u.done("plan of a rebuild"); err != nil {
		return RebuildPlan{}, err
	}
	if _, known := rebuildPhases[v.Phase]; !known {
		return RebuildPlan{}, &DamageError{Where: "plan of a rebuild", Why: fmt.Sprintf("phase %d is none that this build knows", phase)}
	}
	return v, nil
}
