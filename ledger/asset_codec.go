package ledger

// asset writes what an entry says of an asset; nothing where it says nothing.
func (w *rowWriter) asset(v *AssetBody) {
	if v == nil {
		w.null()
		return
	}
	w.row(func() {
		w.str(string(v.Asset))
		w.uint(uint64(v.Act))
		w.int(int64(v.Amount))
		w.int(int64(v.Over))
		w.uint(uint64(v.Nth))
		w.int(int64(v.Charged))
		w.int(int64(v.Freed))
		w.word(string(v.Refusal))
		w.int(int64(v.Have))
	})
}

func (r *rowReader) asset() *AssetBody {
	if r.null() {
		return nil
	}
	v := &AssetBody{}
	r.row(3, func() {
		v.Asset, v.Act = AssetID(r.str()), AssetAct(r.upTo(255))
		v.Amount, v.Over = Qty(r.int()), Qty(r.int())
		v.Nth = int(r.upTo(AssetReleasesMax))
		v.Charged, v.Freed = Qty(r.int()), Qty(r.int())
		v.Refusal, v.Have = Refusal(r.word()), Qty(r.int())
	})
	return v
}

func (r *rowReader) assetBody() *AssetBody {
	if b := r.asset(); b != nil {
		return b
	}
	return &AssetBody{}
}
