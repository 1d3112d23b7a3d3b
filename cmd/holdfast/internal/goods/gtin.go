package goods

import "fmt"

// gtin returns the GTIN-13 of the article at an index below 10^9.
func gtin(index int) string {
	body := fmt.Sprintf("952%09d", index+1)
	return body + string(rune('0'+checkDigit(body)))
}

// checkDigit is the GS1 check digit: weights 3 and 1 from the right, up to the next ten.
func checkDigit(body string) int {
	sum, weight := 0, 3
	for i := len(body) - 1; i >= 0; i-- {
		sum += int(body[i]-'0') * weight
		weight = 4 - weight
	}
	return (10 - sum%10) % 10
}
