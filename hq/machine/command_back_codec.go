package machine

func newBackCommand(k kind) Command {
	switch k {
	case kindReissue:
		return &Reissue{}
	case kindReincarnate:
		return &Reincarnate{}
	case kindLose:
		return &DeclareLost{}
	case kindWriteOff:
		return &WriteOff{}
	case kindPass:
		return &PassOn{}
	case kindWaive:
		return &Waive{}
	case kindResolve:
		return &Resolve{}
	case kindRaise:
		return &Raise{}
	case kindRenew:
		return &Renew{}
	case kindUnpark:
		return &Unpark{}
	case kindPolicy:
		return &SetPolicy{}
	case kindPlaceUnsure:
		return &PlaceUnsure{}
	case kindPutDetailed:
		return &PutDetailed{}
	case kindDecline:
		return &Decline{}
	case kindExpect:
		return &Expect{}
	case kindOverdue:
		return &Overdue{}
	case kindSourcing:
		return &SetSourcing{}
	case kindCheckpoint:
		return &Checkpoint{}
	case kindDiffers:
		return &Differs{}
	case kindAmend:
		return &Amend{}
	case kindClasses:
		return &SetClasses{}
	case kindMove:
		return &Move{}
	case kindAgree:
		return &Agree{}
	case kindLift:
		return &Lift{}
	case kindUnserved:
		return &Unserved{}
	case kindExchange:
		return &Exchange{}
	default:
		return newDocumentCommand(k)
	}
}

// newDocumentCommand gives an empty command about a document, or about whom head office knows.
func newDocumentCommand(k kind) Command {
	switch k {
	case kindTransfer:
		return &MakeTransfer{}
	case kindJudgeTransfer:
		return &JudgeTransfer{}
	case kindSetHook:
		return &SetHook{}
	case kindTold:
		return &Told{}
	case kindAsset:
		return &SetAsset{}
	case kindCustomers:
		return &PutCustomers{}
	case kindPurchase:
		return &Purchase{}
	case kindCompany:
		return &SetCompany{}
	case kindTrust:
		return &Trust{}
	case kindUser:
		return &PutUser{}
	case kindAct:
		return &Act{}
	case kindAwaitWord:
		return &AwaitWord{}
	case kindForget:
		return &Forget{}
	case kindReasons:
		return &SetReasons{}
	case kindSupplier:
		return &SupplierSays{}
	case kindRelease:
		return &Release{}
	case kindLearnUsers:
		return &LearnUsers{}
	case kindSetSite:
		return &SetSite{}
	case kindLeast:
		return &SetLeast{}
	default:
		return nil
	}
}

func (c *coder) backCommand(cmd Command) {
	switch v := cmd.(type) {
	case *Reissue:
		var more []growth
		if c.reading() || v.LetIn != 0 {
			more = []growth{{1, func() { count(c, &v.LetIn) }}}
		}
		c.grown(8, func() {
			text(c, &v.Site)
			c.fixed(v.NodeKey[:])
			c.fixed(v.Boot[:])
			c.position(&v.Head)
			c.incarnation(&v.HQ)
			c.flag(&v.Replace)
			c.flag(&v.Alone)
			c.moment(&v.At)
		}, more...)
	case *Reincarnate:
		more := []growth{{1, func() { c.flag(&v.Apart) }}}
		if c.reading() || v.Items {
			more = append(more, growth{1, func() { c.flag(&v.Items) }})
		}
		c.grown(3, func() { c.fixed(v.Random[:]); text(c, &v.Why); c.moment(&v.At) }, more...)
	case *DeclareLost:
		var more []growth
		if c.reading() || v.ForgetPINs {
			more = []growth{{1, func() { c.flag(&v.ForgetPINs) }}}
		}
		c.grown(4, func() { text(c, &v.Site); text(c, &v.Reason); text(c, &v.By); c.moment(&v.At) }, more...)
	case *WriteOff:
		c.fields(5, func() { text(c, &v.Site); text(c, &v.SKU); text(c, &v.Reason); text(c, &v.By); c.moment(&v.At) })
	case *PassOn:
		c.fields(6, func() {
			text(c, &v.SKU)
			text(c, &v.Owner)
			text(c, &v.Holder)
			number(c, &v.Level)
			text(c, &v.By)
			c.moment(&v.At)
		})
	case *Waive:
		c.fields(4, func() { text(c, &v.Site); text(c, &v.By); text(c, &v.Reason); c.moment(&v.At) })
	case *Resolve:
		c.fields(4, func() { count(c, &v.Exception); text(c, &v.By); text(c, &v.Note); c.moment(&v.At) })
	case *Unpark:
		c.fields(3, func() {
			text(c, &v.Site)
			list(c, &v.Frames, framesMax, func(b *[]byte) { c.bytes(b) })
			c.moment(&v.At)
		})
	case *Raise:
		c.fields(2, func() { known(c, &v.Kind); c.moment(&v.At) })
	case *Renew:
		c.fields(5, func() {
			text(c, &v.Site)
			c.fixed(v.Token[:])
			text(c, &v.By)
			text(c, &v.Reason)
			c.moment(&v.At)
		})
	default:
		c.allocateCommand(cmd)
	}
}

// allocateCommand goes over the commands by which head office allocates.
func (c *coder) allocateCommand(cmd Command) {
	switch v := cmd.(type) {
	case *SetPolicy:
		c.setPolicy(v)
	case *Expect:
		c.expect(v)
	case *Overdue:
		c.fields(1, func() { c.moment(&v.At) })
	case *SetSourcing:
		c.setSourcing(v)
	case *PlaceUnsure:
		c.command(&v.Place)
	case *PutDetailed:
		c.command(&v.PutItems)
	case *Decline:
		c.fields(3, func() { text(c, &v.Order); c.commandLines(&v.Lines); c.moment(&v.At) })
	case *Checkpoint:
		c.fields(1, func() { c.moment(&v.At) })
	case *Differs:
		c.fields(4, func() { text(c, &v.Server); count(c, &v.Index); c.flag(&v.Alone); c.moment(&v.At) })
	case *Amend:
		c.amend(v)
	case *Move:
		c.moveCommand(v)
	case *Lift:
		c.lift(v)
	case *Unserved:
		c.unserved(v)
	case *Exchange:
		c.exchangeCommand(v)
	case *MakeTransfer:
		c.makeTransfer(v)
	case *JudgeTransfer:
		c.judgeTransfer(v)
	case *SetClasses:
		c.grown(4, func() {
			list(c, &v.Classes, ClassesMax, c.class)
			text(c, &v.By)
			text(c, &v.Reason)
			c.moment(&v.At)
		}, growth{1, func() { count(c, &v.Version) }})
	case *Agree:
		c.fields(2, func() { number(c, &v.Commands); c.moment(&v.At) })
	default:
		c.termsCommand(cmd)
	}
}

// termsCommand goes over the commands about the company and those it deals with.
func (c *coder) termsCommand(cmd Command) {
	switch v := cmd.(type) {
	case *SetHook:
		c.setHook(v)
	case *Told:
		c.toldCommand(v)
	case *SetAsset:
		c.setAsset(v)
	case *PutCustomers:
		c.putCustomers(v)
	case *Purchase:
		c.purchase(v)
	case *SetCompany:
		c.setCompany(v)
	case *SetReasons:
		c.setReasons(v)
	case *SetLeast:
		c.setLeast(v)
	case *Trust:
		c.trust(v)
	case *PutUser:
		c.putUser(v)
	case *Act:
		c.actCommand(v)
	case *AwaitWord:
		c.awaitWord(v)
	case *SupplierSays:
		c.supplierSays(v)
	case *Forget:
		c.forgetCommand(v)
	case *Release:
		c.releaseCommand(v)
	case *LearnUsers:
		c.learnUsersCommand(v)
	case *SetSite:
		c.setSite(v)
	}
}
