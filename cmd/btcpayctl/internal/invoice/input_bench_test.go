package invoice

import (
	"strings"
	"testing"
)

// BenchmarkParseRequests reads the same rows as a table and as JSON. The time of a row must
// not depend on how many there are.
func BenchmarkParseRequests(b *testing.B) {
	for name, rows := range map[string]int{"1000": 1_000, "8000": 8_000} {
		for form, text := range map[string]string{
			"csv":   "orderId,amount,currency\n" + strings.Repeat("A-1007,12.50,USD\n", rows),
			"jsonl": strings.Repeat(`{"orderId":"A-1007","amount":"12.50","currency":"USD"}`+"\n", rows),
		} {
			b.Run(form+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if in, _, err := parseRequests([]byte(text)); err != nil || len(in.rows) != rows {
						b.Fatal(len(in.rows), err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
			})
		}
	}
}
