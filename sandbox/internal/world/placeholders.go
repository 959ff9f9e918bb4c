package world

import (
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// longestURL is the longest URL that the server's platform can hold.
const longestURL = 65_519

// FillPlaceholders fills the names in braces of a URL that a merchant gave. It returns "" if the URL becomes too long: an
// order id may be long, and a URL may name it often.
func (inv *Invoice) FillPlaceholders(template string) string {
	for _, pair := range [][2]string{{"{InvoiceId}", inv.ID}, {"{OrderId}", aspnet.Or(inv.Metadata.OrderID, "")}, {"{Status}", inv.Status}} {
		if template = replaceFold(template, pair[0], aspnet.FormEncode(pair[1])); len(template) > longestURL {
			return ""
		}
	}
	return template
}

// replaceFold replaces an ASCII text in any case, and stops once the result is longer than a URL can be.
func replaceFold(text, old, with string) string {
	lower, old := aspnet.LowerASCII(text), aspnet.LowerASCII(old)
	var b strings.Builder
	for b.Len() <= longestURL {
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
