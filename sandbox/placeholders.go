package sandbox

import (
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// longestAddress is how long an address may be on the server's platform.
const longestAddress = 65_519

// fillPlaceholders fills the names in braces of a URL that a merchant gave; empty means that it became too long. An order
// id may be long, and stand in a URL often.
func fillPlaceholders(inv *world.Invoice, template string) string {
	for _, pair := range [][2]string{{"{InvoiceId}", inv.ID}, {"{OrderId}", textOr(inv.Metadata.OrderID, "")}, {"{Status}", inv.Status}} {
		if template = replaceFold(template, pair[0], aspnet.FormEncode(pair[1])); len(template) > longestAddress {
			return ""
		}
	}
	return template
}

// replaceFold replaces an ASCII text in any case, and stops once the outcome is longer than an address can be.
func replaceFold(text, old, with string) string {
	lower, old := lowerASCII(text), lowerASCII(old)
	var b strings.Builder
	for b.Len() <= longestAddress {
		i := strings.Index(lower, old)
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		b.WriteString(with)
		text, lower = text[i+len(old):], lower[i+len(old):]
	}
	b.WriteString(text)
	return b.String()
}

// lowerASCII keeps the length of a text, whatever is in it.
func lowerASCII(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	return string(lower)
}
