package release

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// HasRefundData reports whether what can be paid back of an invoice can be read. By history since 2.2.0.
func (r Release) HasRefundData() bool { return r.Since(2, 2, 0) }

// RefundMethodFields are the fields of a refund that name its payout methods: a list that goes first, and one for a single
// method. Recorded of all four; the list is by history since 2.4.1.
func (r Release) RefundMethodFields() []string {
	if r.Since(2, 4, 1) {
		return []string{"payoutMethods", "payoutMethodId"}
	}
	return []string{r.PayoutMethodField()}
}

// RefundsByDefault reports whether a refund that names no payout method is by the one of the invoice. Recorded of 1.13.5 and
// 2.0.8.
func (r Release) RefundsByDefault() bool { return r.Since(2, 0, 0) }

// PayoutMethodField and PayoutMethodsField are the fields that name one payout method, and several. Recorded of 1.13.5.
func (r Release) PayoutMethodField() string {
	if r.Since(2, 0, 0) {
		return "payoutMethodId"
	}
	return "paymentMethod"
}

// PayoutMethodsField is described at [Release.PayoutMethodField].
func (r Release) PayoutMethodsField() string {
	if r.Since(2, 0, 0) {
		return "payoutMethods"
	}
	return "paymentMethods"
}

// NeedsPayoutMethods reports whether a pull payment must name its payout methods. Recorded of 1.13.5.
func (r Release) NeedsPayoutMethods() bool { return !r.Since(2, 0, 0) }

// RefusesNoPayoutMethods reports whether a pull payment of a store without payout methods is refused in words. By history
// until 2.1.0; recorded of 2.0.8.
func (r Release) RefusesNoPayoutMethods() bool { return !r.Since(2, 1, 0) }

// PayoutMethodID returns the id of a payout method that the release knows by a name. Before 2.0.0 the names of later
// releases are none (recording 35-payout-processors of 1.13.5).
func (r Release) PayoutMethodID(name string) (id string, ok bool) {
	id, ok = world.PayoutMethodID(name)
	if r.Since(2, 0, 0) {
		return id, ok
	}
	_, known := world.PayoutCurrency(id)
	return id, known && strings.NewReplacer("_", "-").Replace(strings.ToUpper(strings.TrimSpace(name))) != id
}

// PayoutMethodName is how the release shows a payout method. Recorded of 1.13.5.
func (r Release) PayoutMethodName(id string) string {
	switch {
	case r.Since(2, 0, 0):
	case id == world.OnChain:
		return "BTC"
	case id == world.LightningPayout:
		return "BTC-LightningNetwork"
	}
	return id
}

// WritePullPayments answers a pull payment, or a list of them. Until 2.0.0 they have a period, which is none here. By history.
func (r Release) WritePullPayments(w http.ResponseWriter, status int, v any) {
	var with fields
	if !r.Since(2, 0, 0) {
		with = fields{"period": json.RawMessage("null")}
	}
	write(w, status, v, nil, with)
}

// WritePayouts answers a payout, or a list of them. Until 2.0.0 the fields of amounts and methods have other names. By
// history.
func (r Release) WritePayouts(w http.ResponseWriter, status int, v any) {
	r.writeRenamed(w, status, v, map[string]string{
		"payoutMethodId": "paymentMethod", "originalAmount": "amount", "payoutCurrency": "cryptoCode", "payoutAmount": "paymentMethodAmount",
		"originalCurrency": "",
	})
}

// WriteProcessors answers a list of payout processors. Recorded of 1.13.5.
func (r Release) WriteProcessors(w http.ResponseWriter, status int, v any) {
	r.writeRenamed(w, status, v, map[string]string{"payoutMethods": "paymentMethods"})
}

// WriteProcessorSettings answers the settings of a payout processor, or a list of them. By history.
func (r Release) WriteProcessorSettings(w http.ResponseWriter, status int, v any) {
	r.writeRenamed(w, status, v, map[string]string{"payoutMethodId": "paymentMethod"})
}
