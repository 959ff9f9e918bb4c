package pullpayments

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// readLNURL answers that there is no LNURL: it needs a pull payment that takes payouts over Lightning, and a store without a
// node has none.
func readLNURL(w http.ResponseWriter, r *serve.Request) {
	if find(w, r) != nil {
		serve.WriteAPIError(w, http.StatusBadRequest, "lnurl-not-supported", "LNURL not supported for this pull payment")
	}
}

// cardParameter is what a card writes into its address.
var cardParameter = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`p=[a-fA-F0-9]{32}`) })

// linkBoltcard checks the request, and answers that the pull payment does not take payouts over Lightning.
func linkBoltcard(w http.ResponseWriter, r *serve.Request) {
	var address *string
	var uid []byte
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"RegisterBoltcardRequest", true, func(m *aspnet.Model) {
		address, uid = m.Text("LNURLW"), m.Hex("UID")
		m.OptionalChoice("OnExisting", aspnet.Nullable("OnExistingBehavior"), "KeepVersion", "UpdateVersion")
	}) {
		return
	}
	if find(w, r) == nil {
		return
	}
	refuse := func(path, message string) { aspnet.WriteValidation(w, aspnet.FieldError{Path: path, Message: message}) }
	switch {
	case address != nil && uid != nil:
		refuse("LNURLW", "You should pass either LNURLW or UID but not both")
	case address != nil && !hasCardParameter(*address):
		refuse("LNURLW", "The LNURLW should contains a 'p=' parameter")
	case address != nil: // no card was made here
		refuse("LNURLW", "The LNURLW 'p=' parameter cannot be decrypted")
	case len(uid) != 7:
		refuse("UID", "The UID is required and should be 7 bytes")
	default:
		serve.WriteAPIError(w, http.StatusBadRequest, "lnurl-not-supported", "This pull payment currency should be BTC or SATS and accept lightning")
	}
}

func hasCardParameter(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return false
	}
	_, query, _ := strings.Cut(address, "?")
	return cardParameter().MatchString(query)
}
