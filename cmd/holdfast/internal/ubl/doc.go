// Package ubl reads documents of UBL 2 (OASIS) that one company's program sends another's: despatch advice, which is a delivery note, and
// orders. Despatch advice it writes, too.
//
// What is read are the lines and what they name: the article by the buyer's own number or by its GTIN, how many pieces came, and under which
// order; of an order the buyer's numbers, where and until when it is to go, and prices besides. Everything else in a document is passed over, names of people and addresses too. A line that cannot be booked is a *Fault with the line of
// the file on which it begins; it costs that line only. Documents of 2.0 and later are read; what is written is 2.1.
//
// # Limits
//
// 16 MiB a document, 5,000 lines. Nothing outside the document is ever fetched: encoding/xml knows no external entities.
package ubl
