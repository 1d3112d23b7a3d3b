// Package enrol is the exchange by which a key becomes a name, and the folder that keeps both.
//
// The invariants:
//
//   - A key is made where it is used, is on disk before anybody is asked to sign it, and never leaves.
//   - A token's secret is sent to nobody but a server of head office under the root that the token names.
//   - An exchange may be repeated: the same key under the same token gets a certificate again, another key does not.
//   - What is in the folder is whole at any moment: files are written beside, synced and renamed.
package enrol
