// Package ubl reads and writes the despatch advice of UBL 2 (OASIS): the delivery note that one company's program sends another's.
//
// What is read are the lines and what they name: the article by the buyer's own number or by its GTIN, how many pieces came, and under which
// order. Everything else in a document is passed over, parties and addresses too. A line that cannot be booked is a *Fault with the line of
// the file on which it begins; it costs that line only. Documents of 2.0 and later are read; what is written is 2.1.
//
// # Limits
//
// 16 MiB a document, 5,000 lines. Nothing outside the document is ever fetched: encoding/xml knows no external entities.
package ubl
