package client_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

// randomAmount writes amounts that are hard to compare: with zeros before and behind,
// without a fraction, negative zeros, and others a digit apart.
func randomAmount(r *rand.Rand, near string) string {
	if near != "" && r.IntN(2) == 0 { // the same value written otherwise, or one digit apart
		text := near
		switch r.IntN(5) {
		case 0:
			if strings.Contains(text, ".") {
				text += strings.Repeat("0", r.IntN(3))
			} else {
				text += "." + strings.Repeat("0", 1+r.IntN(3))
			}
		case 1:
			sign, number := "", text
			if text[0] == '-' {
				sign, number = "-", text[1:]
			}
			text = sign + strings.Repeat("0", r.IntN(3)) + number
		case 2:
			text = strings.TrimPrefix(text, "-")
		case 3:
			text = "-" + strings.TrimPrefix(text, "-")
		default:
			i := r.IntN(len(text))
			if text[i] != '-' && text[i] != '.' {
				text = text[:i] + string(rune('0'+r.IntN(10))) + text[i+1:]
			}
		}
		return text
	}
	number := func(most int) string {
		text := make([]byte, 1+r.IntN(most))
		for i := range text {
			text[i] = byte('0' + r.IntN(10))
			if r.IntN(3) == 0 {
				text[i] = '0'
			}
		}
		return string(text)
	}
	text := number(14)
	if r.IntN(2) == 0 {
		text += "." + number(14)
	}
	if r.IntN(2) == 0 {
		text = "-" + text
	}
	return text
}

// checkOrder compares pairs of amounts with big.Rat.
func checkOrder(t *testing.T, pairs int) {
	r := rand.New(rand.NewPCG(17, uint64(pairs)))
	equal := 0
	for range pairs {
		first := randomAmount(r, "")
		second := randomAmount(r, first)
		a, errA := read(first)
		b, errB := read(second)
		if errA != nil || errB != nil {
			t.Fatalf("%q, %q: %v, %v", first, second, errA, errB)
		}
		x, y := a.Rat(), b.Rat()
		want := x.Cmp(y)
		if got := a.Cmp(b); got != want || b.Cmp(a) != -want || a.Equal(b) != (want == 0) || a.Sign() != x.Sign() {
			t.Fatalf("%s.Cmp(%s) = %d, want %d; the sign of the first is %d, want %d", first, second, got, want, a.Sign(), x.Sign())
		}
		if want == 0 {
			equal++
		}
	}
	if equal < pairs/20 || equal > pairs/2 {
		t.Errorf("%d of %d pairs were equal, and a test needs both kinds", equal, pairs)
	}
}

func read(text string) (d client.Decimal, err error) {
	err = d.UnmarshalText([]byte(text))
	return d, err
}

func TestDecimalOrder(t *testing.T) { checkOrder(t, 20_000) }

func TestTortureDecimalOrder(t *testing.T) {
	if os.Getenv("BTCPAYCTL_TORTURE") != "1" {
		t.Skip("a long test: make torture")
	}
	const pairs = 1_000_000
	checkOrder(t, pairs)
	t.Attr("figure", fmt.Sprintf("random pairs of amounts that Cmp and big.Rat order alike | %d | = %d", pairs, pairs))
}

func TestDecimalOrderAllocatesNothing(t *testing.T) {
	a, b := client.NewDecimal(1234567890125, -2), client.NewDecimal(123456789012500001, -7)
	if n := testing.AllocsPerRun(100, func() {
		if a.Cmp(b) != -1 || a.Sign() != 1 || a.Equal(b) {
			t.Fatal("a wrong order")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecimalCmp(b *testing.B) {
	x, y := client.NewDecimal(1234567890125, -2), client.NewDecimal(123456789012500001, -7)
	b.ReportAllocs()
	for b.Loop() {
		if x.Cmp(y) != -1 {
			b.Fatal("a wrong order")
		}
	}
}

func BenchmarkDecimalSign(b *testing.B) {
	x := client.NewDecimal(-1, -18)
	b.ReportAllocs()
	for b.Loop() {
		if x.Sign() != -1 {
			b.Fatal("a wrong sign")
		}
	}
}
