package main_test

import (
	"fmt"
	"go/ast"
	"slices"
	"testing"
)

// scars are the ways in which other programs of this trade have lost goods, money or orders, and the test that tries each.
func scars() map[string]string {
	return map[string]string{
		"a reply that is lost after the commit":                      "TestAReplyThatWasLostAfterTheCommitIsGivenAgain",
		"two browser tabs on one till":                               "TestTwoTabsOnOneTillPlaceAParkedSaleOnce",
		"void, then delete, restocks once":                           "TestVoidThenDeleteRestocksOnce",
		"completing a part-paid order takes stock once":              "TestCompletingAPartPaidOrderTakesStockOnce",
		"fulfilling from a site other than the reserved one":         "TestFulfillingFromASiteOtherThanTheReservedOneIsImpossible",
		"pack conversion never makes or loses a unit":                "TestPackConversionNeverMakesOrLosesAUnit",
		"a kit and its part in one order":                            "TestAKitAndItsComponentInOneOrder",
		"an older remote state never overwrites a newer local one":   "TestAnOlderRemoteStateNeverOverwritesANewerLocalOne",
		"one bad record blocks nothing":                              "TestOneBadRecordBlocksNothing",
		"a multi-site split sums to exactly what was ordered":        "TestAMultiSiteSplitSumsToExactlyWhatWasOrdered",
		"a count that is late never undoes a newer one":              "TestAnOlderCountNeverUndoesANewerOne",
		"a short pick is told, and not offered again":                "TestProtocol24AShortPickIsToldAndNotOfferedAgain",
		"a return is not available before somebody has looked at it": "TestProtocol27AReturnIsNotAvailableBeforeInspection",
	}
}

// Each scar has its test, once, under its name: a test that was renamed or taken out is missed here.
func TestEveryRuleThatOthersBrokeHasItsTest(t *testing.T) {
	where := map[string][]string{}
	for _, s := range house(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && s.test {
				where[f.Name.Name] = append(where[f.Name.Name], fmt.Sprintf("%s:%d", s.path, s.fset.Position(f.Pos()).Line))
			}
		}
	}
	names := map[string]bool{}
	for scar, name := range scars() {
		if names[name] {
			t.Errorf("%s has another's test", scar)
		}
		if names[name] = true; len(where[name]) != 1 {
			t.Errorf("%s: %s is there %d times (%v), want once", scar, name, len(where[name]), slices.Sorted(slices.Values(where[name])))
		}
	}
}
