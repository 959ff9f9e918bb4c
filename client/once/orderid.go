package once

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/client"
)

// maxOrderID is how many bytes an order id may have. A look-up has it in its URL, with up to
// three bytes for each of them, and servers refuse a request line of 8 KiB.
const maxOrderID = 1024

// CheckOrderID refuses an order id that cannot be looked up, or that is easily mistaken for
// another: one that is empty, begins or ends with a blank, has control characters or
// U+FFFD, is not UTF-8, or has more than 1,024 bytes. The error is a [*client.RequestError].
func CheckOrderID(id string) error {
	refuse := func(reason string) error { return client.Refuse("order id", reason) }
	switch {
	case id == "":
		return refuse("it is missing: the order id identifies the invoice if a response is lost")
	case strings.TrimSpace(id) != id:
		return refuse(fmt.Sprintf("%.80q begins or ends with a blank", id))
	case !utf8.ValidString(id) || strings.ContainsRune(id, utf8.RuneError):
		// Encoders write U+FFFD for bytes that are not UTF-8, so two ids become one.
		return refuse("it is not UTF-8, or has U+FFFD, the mark of text that was not")
	case strings.ContainsFunc(id, unicode.IsControl):
		return refuse(fmt.Sprintf("%.80q has a control character", id))
	case len(id) > maxOrderID:
		return refuse(fmt.Sprintf("it has %d bytes, and more than %d cannot be looked up", len(id), maxOrderID))
	}
	return nil
}
