// Package demo is a whole company on loopback: three head office servers and three sites, each
// an operating-system process of this binary, with clients that sell, links that are cut and
// processes that are killed. Afterwards it counts, from what the clients were told and from
// what the journals say, whether anything was oversold, lost, doubled or taken back.
package demo
