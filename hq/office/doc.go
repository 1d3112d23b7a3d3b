// Package office is what head office does with each message of a site and each order of a
// client: it looks at the machine's state, plans, and proposes commands.
//
// It starts no goroutine and waits for nothing but a proposal. Whatever has to wait for another
// site (an ask or an order that borrows) says so with done == false and is called again when the
// machine has changed or its deadline is over.
//
// # Who may call
//
// An Office may be used by any number of goroutines. Its mutex guards what only a leader knows:
// when each site was last heard. It is never held while the machine is looked at or a command
// proposed. What is still to be passed on in advance has a mutex of its own, which may be taken while
// the machine is looked at.
//
// # What an answer means
//
// An answer is given after its command was applied, so a quorum has it. With an error nothing is
// known; ledger.ErrUnsure and ledger.ErrBusy mean: again, with the same key.
package office
