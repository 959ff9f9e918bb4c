package gotest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestUnfinished has a test that its package ended in the middle of.
func TestUnfinished(t *testing.T) {
	const events = `
{"Action":"run","Package":"p","Test":"TestHang"}
{"Action":"output","Package":"p","Test":"TestHang","Output":"=== RUN   TestHang\n"}
{"Action":"run","Package":"p","Test":"TestSkip"}
{"Action":"output","Package":"p","Test":"TestSkip","Output":"    a_test.go:7: age is missing\n"}
{"Action":"output","Package":"p","Test":"TestSkip","Output":"--- SKIP: TestSkip (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestSkip","Elapsed":0.5}
{"Action":"run","Package":"pp","Test":"TestOther"}
{"Action":"output","Package":"p","Test":"TestHang","Output":"panic: test timed out\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t3.0s\n"}
{"Action":"fail","Package":"p","Elapsed":3}
go: a complaint
{"Action":"build-output","ImportPath":"q [q.test]","Output":"q_test.go:1: no\n"}
{"Action":"output","Package":"q","Output":"FAIL\tq [build failed]\n"}
{"Action":"fail","Package":"q","FailedBuild":"q [q.test]"}
`
	var c Collector
	var got []string
	var other bytes.Buffer
	err := Read(strings.NewReader(events), &other, func(e Event) {
		for _, r := range c.Take(e) {
			got = append(got, fmt.Sprintf("%s %s %s %v %q %q", r.Package, r.Test, r.End, r.Seconds, r.Last, r.Output))
		}
	})
	if err != nil || other.String() != "go: a complaint\n" {
		t.Errorf("got %q, %v", &other, err)
	}
	want := `p TestSkip skip 0.5 "age is missing" "    a_test.go:7: age is missing\n--- SKIP: TestSkip (0.00s)\n"
p TestHang unfinished 0 "panic: test timed out" "panic: test timed out\n"
p  fail 3 "FAIL\tp\t3.0s" "FAIL\tp\t3.0s\n"
q  unbuilt 0 "FAIL\tq [build failed]" "q_test.go:1: no\nFAIL\tq [build failed]\n"`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}
