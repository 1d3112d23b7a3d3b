// Package demo is a whole company on loopback: three head office servers and three sites, each
// an operating-system process of this binary, with clients that sell, links that are cut and
// processes that are killed. Afterwards it counts, from what the clients were told and from
// what the journals say, whether anything was oversold, lost, doubled or taken back.
//
// Whatever clients do once the shops have opened is done by people of the company, each signed in by PIN, or at head office
// by password, at a device of their own; a supervisor's PIN approves what the rules ask for. The owner's token sets the
// company up and looks at it afterwards. An act that does not name person, device and approver is counted, and so is a discount that names
// nobody who let it be. Under chaos a node takes the place of one whose disk is lost with the owner's token, as an operator does it, and its people
// wait until it knows them again. Kills, and builds that know no people, go by the owner's token.
//
// The day has goods-in with purchase orders, put-away from there, lots and serial numbers that are sold by their label, sent first
// expired first and recalled, quotes and parked sales, exchanges for dearer and for cheaper, pick, pack and manifests, off which some is struck,
// transfers, also of lots, returns, counts, drawers, gift cards and accounts.
//
// Chaos lets everything happen that can: bad lines, between sites and head office and between its
// servers; processes killed and stopped; a folder put back, or copied to a second node; a disk lost; head
// office's majority lost, and all of it restored from a backup. Clients keep journals of their own: where a
// book goes back in time they tell it again, and what it had accepted, and nobody else had, is counted
// apart when it cannot be had any more.
package demo
