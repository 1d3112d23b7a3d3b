// Package goods makes up the range of a trade and gift wholesaler: articles, opening stock and orders.
//
// Everything follows from a seed. The same seed gives the same articles on every machine, so a
// run of the demo can be repeated, and no data file travels with the binary.
//
// Invariants of a Catalogue:
//   - it never changes after New, so goroutines may share it; the *rand.Rand that Pick and Order
//     take belongs to the caller and is not shared;
//   - SKUs are unique, at most 32 bytes of A-Z, 0-9 and hyphen;
//   - barcodes are unique GTIN-13 with a right check digit under 952, the prefix that GS1 keeps for
//     examples, so that no barcode here is ever somebody's product;
//   - popularity follows Zipf's law with exponent 1.1: of 2,000 articles the best seller is picked
//     about once in six.
package goods
