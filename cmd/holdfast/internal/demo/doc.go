// Package demo is a whole company on loopback: three head office servers and three sites, each
// an operating-system process of this binary, with clients that sell, links that are cut and
// processes that are killed. Afterwards it counts, from what the clients were told and from
// what the journals say, whether anything was oversold, lost, doubled or taken back.
//
// Chaos lets everything happen that can: bad lines, between sites and head office and between its
// servers; processes killed and stopped; a folder put back, or copied to a second node; a disk lost; head
// office's majority lost, and all of it restored from a backup. Clients keep journals of their own: where a
// book goes back in time they tell it again, and what it had accepted, and nobody else had, is counted
// apart when it cannot be had any more.
package demo
