package ledger

import "time"

const (
	changeVersion     = 1
	changeElementsMax = 100 // values of a change, those of newer builds with them
)

// MarshalChange gives a change's stored bytes.
func MarshalChange(v *Change) []byte {
	w := rowWriter{}
	w.row(func() {
		w.uint(changeVersion)
		w.uint(v.Number)
		w.int(v.At.UnixMilli())
		w.str(v.By)
		w.str(v.Device)
		w.str(v.Approver)
		w.str(v.Call)
		w.str(v.What)
	})
	return w.buf
}

// UnmarshalChange reads what MarshalChange wrote.
func UnmarshalChange(b []byte) (*Change, error) {
	r := newRowReader(b, changeElementsMax, nil)
	v := &Change{}
	r.row(2, func() {
		if r.uint() == 0 {
			r.refuse("change version 0")
		}
		v.Number = r.uint()
		v.At = time.UnixMilli(r.int()).UTC()
		v.By, v.Device, v.Approver = r.str(), r.str(), r.str()
		v.Call, v.What = r.str(), r.str()
	})
	if err := r.done("change"); err != nil {
		return nil, err
	}
	return v, nil
}
