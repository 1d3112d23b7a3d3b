// Package sheet is the rows of a company's own files, of items, stock, customers, orders and purchase orders, as they are read and written.
//
// Exports of that kind come out of every till and spreadsheet there is, so the reader takes
// what they make: a heading that names the columns in any order and case, commas, semicolons or
// tabs between fields (whichever the heading has), a byte order mark, gzip, and text that is
// UTF-8 or else Windows-1252. Columns of other names are passed over.
//
// # What is a row
//
// A row is one line, or as many as its quotes hold together, up to 8. A quote that is never
// closed, or closed in the wrong place, costs the line it stands on and no other: reading goes on
// with the next. Blank lines are no rows. Lines are counted from 1, the heading included, as an
// editor shows them.
//
// Every row ends in exactly one place: read as an item, a stock line or part of an order, or
// given back as a *Fault with its line and the reason. A fault is never the end of the file; any
// other error is.
//
// # Workbooks
//
// A file that begins as a zip is taken for a workbook (XLSX), and its first sheet is read as a file would be. Cells are as they are stored:
// numbers and days without their format, so a day must stand in a cell of text.
//
// # What a spreadsheet would run
//
// A field that begins as a formula does (=, +, -, @, a tab) is written with an apostrophe in front, and read back without it, so that what is
// written and read again is what it was. In a workbook it is a cell of text and needs none.
//
// # Money
//
// A price is a decimal number of the currency ("12.99"), read without floats into minor units as
// ISO 4217 counts them. A price finer than that becomes the price of 1,000 units. The decimal
// comma is taken where the comma does not divide fields. A thousands separator is refused: 1.299
// is a little or a lot, and guessing is how stock is sold at a thousandth of its price.
//
// # Limits
//
// 64 KiB a line, 256 columns, 8 lines a row, 2,000,000 rows a file. Memory follows the longest
// order and 24 bytes for each SKU or order number seen, never the file.
package sheet
