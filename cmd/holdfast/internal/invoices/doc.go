// Package invoices reads a wholesaler's invoice lines as orders, credit notes and stock corrections.
//
// The layout is that of the UCI set "Online Retail": one row a line, with InvoiceNo, StockCode,
// Description, Quantity, InvoiceDate (local to the minute, no zone), UnitPrice (pounds), CustomerID
// (empty for counter and web guests) and Country, plain or gzipped. Real exports of that kind are full
// of oddities. What follows is what a stock controller would want of each, and what this package does.
//
// Every row lands in exactly one place: in a line of a Document, or in a Report with its line number
// and a reason. Totals counts both, and they sum to the rows of the file. Blank lines are no rows.
//
// # Documents
//
//   - A number that starts with C before digits is a credit note: goods that a customer sends back. Its
//     quantities are negative in the file and positive here. Nobody has looked at the goods yet, so
//     they are not stock to be sold. A credit note may undo a sale from before the file began.
//   - A number that starts with A is a bad-debt entry. It moves money and no goods: bad_debt.
//   - A document without a customer, at price 0, of one row (or with every quantity negative) is a stock
//     correction, not a sale: a write-off when negative, a find when positive. What was typed into
//     Description becomes a Cause and is kept word for word. Those rows carry no product name, which is
//     how we know: the rows of guest orders do.
//   - Everything else is an order. Rows at price 0 among others are goods given free, or goods of a web
//     guest whose price was settled elsewhere. Either way they leave the shelf, so they are taken, at 0.
//   - Rows of one document may stand apart: the file is sorted by minute and then by number, and a
//     document can span two minutes. Up to 8 documents are open at a time. A row that comes after its
//     document was given out is reported as split_document: a second order under a number already
//     used would be a surprise, and changing an order that was sent is not the importer's business.
//   - A document of up to 5,000 rows is one order (the longest real one has 1,114). A longer one is
//     reported whole as too_many_rows: half an order is worse than none.
//
// # Rows
//
//   - Codes that are no goods (postage, discounts, fees, samples, manual entries, gift vouchers and the
//     like; see charge.go) are charges. They stand on the document, for the money, and are reported as
//     not_goods, because the ledger never hears of them. A document of nothing else is not given out.
//   - One code in two cases (85123A, 85123a) is one article: codes are folded to capitals.
//   - Two rows of one SKU in one document, even exact duplicates, are normal: somebody keyed in a second
//     box. Both are kept, and the ledger treats them as one claim.
//   - An order in which one SKU comes to 10,000 units or more is far out of the ordinary. The whole order
//     is held for a person and not given out: held. The rule is a plain number on purpose. The data has
//     two such orders, of 74,215 and 80,995 units, both mistyped, while the largest that stood is of
//     4,300. A rule by each SKU's history (20 times its peak) would also hold sound first bulk orders
//     of slow articles, of which the data has four, and a stream cannot know a peak that is still to come.
//     Credit notes and corrections are held by the same number. Should it be wrong, nothing
//     is lost: a held order can be keyed in; 74,215 units promised by mistake leave every shelf bare.
//   - The credit note that undoes a held order (same customer, SKU and quantity) is reported too, as
//     undoes_held: taking it alone would conjure up 74,215 units.
//   - A price below a penny is kept exactly, as a price for 1,000 units (Per). Prices are never floats.
//   - A description may be missing or change over time. It is what was printed that day, no more.
//   - A sale with a negative quantity (negative_line), a credit note with a positive one
//     (positive_credit), a quantity of 0 (zero_quantity), a negative price (negative_price), and a second
//     customer within a document (mixed_customer) contradict themselves: reported, for a person.
//   - A row that cannot be read (wrong number of fields, stray quotes, no number where one is due, longer
//     than 4 KiB) is reported, and reading goes on with the next line. A row is one line of the file: a
//     line break inside quotes is not followed, so that one lost quote costs one row and not the file.
//     The other rows of its document are taken: what the customer is short of is in the report.
//   - When the source itself breaks off, the documents still open are reported as cut_short, not given out.
//
// Memory is bounded by the 8 open documents and by 8 bytes for each document number seen, at most a
// million of them; never by the length of the file.
package invoices
