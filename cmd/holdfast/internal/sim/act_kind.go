package sim

// kindNames are the acts of a plan as its file has them.
func kindNames() map[ActKind]string {
	return map[ActKind]string{ActOrder: "order", ActReceipt: "receipt", ActCut: "cut", ActCrash: "crash", ActTrap: "trap",
		ActHQCrash: "hq_crash", ActHQTrap: "hq_trap", ActUnsure: "unsure", ActSnapshot: "snapshot", ActWeather: "weather",
		ActBackup: "backup", ActRestore: "restore", ActReplace: "replace", ActClone: "clone", ActHQBackup: "hq_backup",
		ActHQRestore: "hq_restore", ActLose: "lose", ActPass: "pass", ActHand: "hand", ActDamage: "damage", ActClock: "clock",
		ActDiskFault: "disk_fault", ActDiskFull: "disk_full", ActPick: "pick", ActReject: "reject",
		ActTransfer: "transfer", ActReturn: "return", ActPay: "pay", ActCharge: "charge", ActDay: "day", ActBuy: "buy", ActRefundAway: "refund_away",
		ActCard: "card", ActExchange: "exchange"}
}

func (k ActKind) String() string { return kindNames()[k] }

func kindNamed(name string) (ActKind, bool) {
	for k, n := range kindNames() {
		if n == name {
			return k, true
		}
	}
	return 0, false
}

// atHQ says whether head office is where it happens.
func (k ActKind) atHQ() bool {
	switch k {
	case ActOrder, ActHQCrash, ActHQTrap, ActUnsure, ActSnapshot, ActHQBackup, ActHQRestore:
		return true
	default:
		return false
	}
}

// wishes says whether it is a customer's order.
func (k ActKind) wishes() bool { return k == ActOrder || k == ActHand }

// trade says whether it is what a company is for. The rest are faults, and what they need.
func (k ActKind) trade() bool { return k.wishes() || k == ActReceipt }
