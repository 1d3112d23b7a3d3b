package invoices_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/invoices"
)

const heading = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

// reading is what a file comes to.
type reading struct {
	docs    []invoices.Document
	reports []invoices.Report
	totals  invoices.Totals
	err     error
}

func read(t *testing.T, src io.Reader) reading {
	t.Helper()
	var got reading
	r, err := invoices.NewReader(src, func(rep invoices.Report) { got.reports = append(got.reports, rep) })
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	for doc, err := range r.Documents() {
		if err != nil {
			got.err = err
			continue
		}
		got.docs = append(got.docs, doc)
	}
	got.totals = r.Totals()
	checkSettled(t, got.totals)
	return got
}

func checkSettled(t *testing.T, totals invoices.Totals) {
	t.Helper()
	sum := 0
	for _, n := range totals.Taken {
		sum += n
	}
	for _, n := range totals.Reported {
		sum += n
	}
	if sum != totals.Rows {
		t.Errorf("got %d rows taken or reported, want all %d", sum, totals.Rows)
	}
}

// short writes a reading down: a line a document, then a line a report.
func short(got reading) string {
	var b strings.Builder
	for _, d := range got.docs {
		fmt.Fprintf(&b, "%s %s", d.Kind, d.ID)
		for _, l := range d.Lines {
			fmt.Fprintf(&b, " %d:%s*%d@%d/%d%s", l.Row, l.SKU, l.Qty, l.Pence, l.Per, l.Cause)
		}
		for _, c := range d.Charges {
			fmt.Fprintf(&b, " +%d:%s*%d@%d/%d", c.Row, c.Code, c.Qty, c.Pence, c.Per)
		}
		b.WriteString("\n")
	}
	for _, r := range got.reports {
		fmt.Fprintf(&b, "%d %s %s\n", r.Line, r.Document, r.Reason)
	}
	return b.String()
}

func TestEachKindOfDocumentIsToldApart(t *testing.T) {
	const at, uk = "2011-01-18 10:01:00", "United Kingdom"
	cases := map[string]file{
		"an order keeps its lines, its guest and its duplicates": {
			"1,85123A,HEART,6," + at + ",2.55,17850," + uk + "\n1,85123A,HEART,6," + at + ",2.55,17850," + uk + "\n2,TAP-0022,TAP,1," + at + ",12.99,," + uk,
			"order 1 2:85123A*6@255/1 3:85123A*6@255/1\norder 2 4:TAP-0022*1@1299/1\n",
		},
		"one code in two cases is one article": {
			"1,85123a,,1," + at + ",2.5,17850," + uk,
			"order 1 2:85123A*1@250/1\n",
		},
		"a charge stands on the order and is reported": {
			"1,22423,CAKESTAND,2," + at + ",12.75,17850," + uk + "\n1,m,Manual,-1," + at + ",3.00,17850," + uk + "\n1,gift_0001_40,,1," + at + ",33.33,17850," + uk,
			"order 1 2:22423*2@1275/1 +3:M*-1@300/1 +4:GIFT_0001_40*1@3333/1\n3 1 not_goods\n4 1 not_goods\n",
		},
		"an invoice of charges alone is not given out": {
			"1,POST,POSTAGE,1," + at + ",18.00,17850," + uk,
			"2 1 not_goods\n",
		},
		"a credit note brings goods back": {
			"C7,22423,CAKESTAND,-2," + at + ",12.75,17850," + uk + "\nC7,22424,CASE,1," + at + ",1.00,17850," + uk,
			"credit C7 2:22423*2@1275/1\n3 C7 positive_credit\n",
		},
		"bad debt moves no goods": {
			"A563186,B,Adjust bad debt,1," + at + ",-11062.06,," + uk,
			"2 A563186 bad_debt\n",
		},
		"a lone row without customer and price is a correction": {
			"8,22423,Wet damaged,-3," + at + ",0.0,," + uk + "\n9,22423,FOUND,3," + at + ",0.0,," + uk + "\n10,22423,,-1," + at + ",0.0,," + uk,
			"correction 8 2:22423*-3@0/1damaged\ncorrection 9 3:22423*3@0/1found\ncorrection 10 4:22423*-1@0/1unknown\n",
		},
		"goods given free leave the shelf too": {
			"1,22423,CAKESTAND,1," + at + ",0.0,17850," + uk + "\n2,22423,CAKESTAND,1," + at + ",0.0,," + uk + "\n2,22424,CASE,1," + at + ",1.00,," + uk,
			"order 1 2:22423*1@0/1\norder 2 3:22423*1@0/1 4:22424*1@100/1\n",
		},
	}
	decide(t, cases)
}

func TestRowsThatCannotBeTakenAreHeldOrReported(t *testing.T) {
	const at, uk = "2011-01-18 10:01:00", "United Kingdom"
	cases := map[string]file{
		"a mistyped order is held, and so is what undoes it": {
			"541431,23166,JAR,74215," + at + ",1.04,12346," + uk + "\n541431,23167,LID,5," + at + ",1.04,12346," + uk +
				"\nC541433,23166,JAR,-74215," + at + ",1.04,12346," + uk + "\nC541434,23167,LID,-5," + at + ",1.04,12346," + uk + "\nC541435,23167,LID,-5," + at + ",1.04,12346," + uk,
			"credit C541435 6:23167*5@104/1\n2 541431 held\n3 541431 held\n4 C541433 undoes_held\n5 C541434 undoes_held\n",
		},
		"ten thousand on two lines is ten thousand": {
			"1,23166,JAR,9999," + at + ",1.04,12346," + uk + "\n1,23166,JAR,1," + at + ",1.04,12346," + uk + "\n2,23166,JAR,9999," + at + ",1.04,12346," + uk,
			"order 2 4:23166*9999@104/1\n2 1 held\n3 1 held\n",
		},
		"a write-off of ten thousand is held": {
			"1,23166,gone,-10000," + at + ",0,," + uk,
			"2 1 held\n",
		},
		"rows that contradict themselves go to a person": {
			"1,22423,X,-1," + at + ",1.00,17850," + uk + "\n1,22423,X,0," + at + ",1.00,17850," + uk + "\n1,22423,X,1," + at + ",-1.00,17850," + uk + "\n1,22423,X,1," + at + ",1.00,17851," + uk + "\n1,22423,X,1," + at + ",1.00,17850," + uk,
			"order 1 6:22423*1@100/1\n2 1 negative_line\n3 1 zero_quantity\n4 1 negative_price\n5 1 mixed_customer\n",
		},
		"a fraction of a penny is kept": {
			"1,22423,X,500," + at + ",0.001,17850," + uk + "\n1,22423,X,500," + at + ",0.0105,17850," + uk,
			"order 1 2:22423*500@100/1000 3:22423*500@1050/1000\n",
		},
		"rows that cannot be read cost nothing but themselves": {
			"1,22423,\"lost quote,1," + at + ",1.00,17850," + uk + "\n1,22423\n,22423,X,1," + at + ",1,," + uk + "\n1,BAD CODE,X,1," + at + ",1,," + uk +
				"\n1,22423,X,1.5," + at + ",1,," + uk + "\n1,22423,X,1,yesterday,1,," + uk + "\n1,22423,X,1," + at + ",£1,," + uk + "\n\n1,22423,\"a, \"\"b\"\"\",1," + at + ",1,," + uk + "\r",
			"order 1 10:22423*1@100/1\n2  malformed\n3  malformed\n4  bad_document\n5 1 bad_code\n6 1 bad_quantity\n7 1 bad_time\n8 1 bad_price\n",
		},
		"documents that interleave are put together, in the order in which they begin": {
			"1,22423,X,1," + at + ",1,5," + uk + "\n2,22423,X,2," + at + ",1,5," + uk + "\n1,22424,X,3," + at + ",1,5," + uk,
			"order 1 2:22423*1@100/1 4:22424*3@100/1\norder 2 3:22423*2@100/1\n",
		},
	}
	decide(t, cases)
}

// file is rows below the heading, and what short makes of reading them.
type file struct{ rows, want string }

func decide(t *testing.T, cases map[string]file) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := short(read(t, strings.NewReader(heading+c.rows))); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestARowAfterItsDocumentWasGivenOutIsReported(t *testing.T) {
	var file strings.Builder
	file.WriteString(heading)
	for id := 1; id <= 9; id++ {
		fmt.Fprintf(&file, "%d,22423,X,1,2011-01-18 10:01:00,1,5,UK\n", id)
	}
	file.WriteString("1,22423,X,1,2011-01-18 10:01:00,1,5,UK\n9,22424,X,1,2011-01-18 10:01:00,1,5,UK\n")
	got := read(t, strings.NewReader(file.String()))
	if len(got.docs) != 9 || len(got.docs[8].Lines) != 2 {
		t.Errorf("got %d documents, want 9 of which the last has 2 lines", len(got.docs))
	}
	if got.totals.Reported[invoices.ReasonSplitDocument] != 1 || got.totals.Documents != 9 {
		t.Errorf("got %+v, want 1 row of a split document", got.totals)
	}
}

func TestAnOrderOfFiveThousandRowsIsOneOrderAndOneMoreIsNone(t *testing.T) {
	for rows, want := range map[int]int{5000: 1, 5001: 0} {
		file := heading + strings.Repeat("1,22423,X,1,2011-01-18 10:01:00,1,5,UK\n", rows)
		got := read(t, strings.NewReader(file))
		if len(got.docs) != want {
			t.Errorf("got %d orders of %d rows, want %d", len(got.docs), rows, want)
		}
		if reported := got.totals.Reported[invoices.ReasonTooManyRows]; reported != rows*(1-want) {
			t.Errorf("got %d rows reported of %d, want %d", reported, rows, rows*(1-want))
		}
	}
}

func TestALongRowIsPassedOver(t *testing.T) {
	for _, size := range []int{5 << 10, 200 << 10} {
		file := heading + "1,22423," + strings.Repeat("x", size) + ",1,2011-01-18 10:01:00,1,5,UK\n2,22423,X,1,2011-01-18 10:01:00,1,5,UK"
		got := short(read(t, strings.NewReader(file)))
		if want := "order 2 3:22423*1@100/1\n2  malformed\n"; got != want {
			t.Errorf("got %q after a row of %d bytes, want %q", got, size, want)
		}
	}
}

func TestABrokenSourceGivesNoHalfOrder(t *testing.T) {
	broken := errors.New("pulled out")
	src := io.MultiReader(
		strings.NewReader(heading+"1,22423,X,1,2011-01-18 10:01:00,1,5,UK\n1,224"),
		iotest.ErrReader(broken),
	)
	got := read(t, src)
	if !errors.Is(got.err, broken) || len(got.docs) != 0 {
		t.Errorf("got error %v and %d documents, want %v and none", got.err, len(got.docs), broken)
	}
	if got.totals.Reported[invoices.ReasonCutShort] != 1 {
		t.Errorf("got %+v, want 1 row cut short", got.totals)
	}
}

func TestATornGzipFileIsAnError(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, heading+"1,22423,X,1,2011-01-18 10:01:00,1,5,UK\n")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, bytes.NewReader(packed.Bytes())); got.err != nil || len(got.docs) != 1 {
		t.Errorf("got %d documents and error %v, want 1 and none", len(got.docs), got.err)
	}
	if got := read(t, bytes.NewReader(packed.Bytes()[:packed.Len()-4])); !errors.Is(got.err, io.ErrUnexpectedEOF) {
		t.Errorf("got error %v of a torn file, want %v", got.err, io.ErrUnexpectedEOF)
	}
	if _, err := invoices.NewReader(bytes.NewReader(packed.Bytes()[:5]), nil); err == nil {
		t.Error("got no error for a torn gzip header, want one")
	}
}

func TestColumnsAreFoundByTheirNames(t *testing.T) {
	file := "\ufeffcountry,CustomerID,UnitPrice,InvoiceDate,Quantity,Description,StockCode,InvoiceNo,Till\nUK,17850.0,1,2011-01-18 10:01,2,X,22423,1,4"
	got := read(t, strings.NewReader(file))
	if len(got.docs) != 1 || got.docs[0].Customer != "17850" || got.docs[0].Lines[0].Qty != 2 {
		t.Errorf("got %+v %+v, want an order of customer 17850 for 2", got.docs, got.reports)
	}
	for _, bad := range []string{"", "InvoiceNo,StockCode\n", "\"InvoiceNo\n"} {
		if _, err := invoices.NewReader(strings.NewReader(bad), nil); err == nil {
			t.Errorf("got no error for the heading %q, want one", bad)
		}
	}
	if _, err := invoices.NewReader(iotest.ErrReader(io.ErrClosedPipe), nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got error %v, want %v", err, io.ErrClosedPipe)
	}
}

func TestACallerMayStopAnywhere(t *testing.T) {
	file := heading + strings.Repeat("1,22423,X,1,2011-01-18 10:01:00,1,5,UK\n", 3) + "2,22423,X,1,2011-01-18 10:01:00,1,5,UK\n"
	r, err := invoices.NewReader(strings.NewReader(file), func(invoices.Report) {})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for doc := range r.Documents() {
		ids = append(ids, doc.ID)
		break
	}
	if !slices.Equal(ids, []string{"1"}) {
		t.Errorf("got %v, want the first document alone", ids)
	}
}

func TestManyOpenDocumentsStayInOrder(t *testing.T) {
	var file strings.Builder
	file.WriteString(heading)
	for id := range 100 {
		fmt.Fprintf(&file, "%d,22423,X,1,2011-01-18 10:01:00,1,5,UK\n", 1000+id)
		if id >= 7 {
			fmt.Fprintf(&file, "%d,22424,X,1,2011-01-18 10:01:00,1,5,UK\n", 1000+id-7)
		}
	}
	got := read(t, strings.NewReader(file.String()))
	if len(got.reports) != 0 {
		t.Errorf("got reports %v, want none", got.reports)
	}
	if !slices.IsSortedFunc(got.docs, func(a, b invoices.Document) int { return strings.Compare(a.ID, b.ID) }) || len(got.docs) != 100 {
		t.Errorf("got %d documents, want 100 in the file's order", len(got.docs))
	}
}

func exampleFile() io.Reader {
	return strings.NewReader(heading +
		"536370,22728,ALARM CLOCK,24,2010-12-01 08:45:00,3.75,12583,France\n" +
		"536370,POST,POSTAGE,3,2010-12-01 08:45:00,18.00,12583,France\n")
}
