package invoice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// reportNotGranted reports what was requested of the checkout and is otherwise with the
// invoice, which can be used all the same. What decides about money is in compare.
func (s *invoiceSender) reportNotGranted(o order, made invoiceRecord) {
	found := made.rewritten
	if amount, _ := o.amount(); amount == nil || amount.Sign() != 0 {
		found = append(found, defaultMethodDiffers(o, made)...)
	}
	if made.checkout != nil {
		if request, err := o.greenfield(""); err == nil && request.Checkout != nil {
			found = append(found, checkoutDiffers(*request.Checkout, *made.checkout)...)
		}
	}
	for _, difference := range found {
		fmt.Fprintln(s.app.Err, output.VisibleLine(fmt.Sprintf("Note: invoice %s (order id %s): %s.", made.ID, scalarText(made.OrderID), difference)))
	}
}

// defaultMethodDiffers: a server stores any default payment method, and shows another one if
// the invoice does not offer it.
func defaultMethodDiffers(o order, made invoiceRecord) []string {
	asked := o.request.DefaultPaymentMethod
	if o.native != nil {
		asked = ""
		if o.native.Checkout != nil {
			asked = o.native.Checkout.DefaultPaymentMethod
		}
	}
	if asked == "" || len(made.methods) == 0 {
		return nil
	}
	if slices.ContainsFunc(made.methods, func(offered string) bool { return methodID(offered) == methodID(asked) }) {
		return nil
	}
	return []string{fmt.Sprintf("the default payment method %s is not offered, only %s", asked, strings.Join(made.methods, ", "))}
}

// checkoutDiffers compares the fields that servers return.
func checkoutDiffers(asked greenfield.CheckoutRequest, made greenfield.Checkout) (found []string) {
	compare := func(what, asked, made string) {
		if asked != "" && asked != made {
			found = append(found, fmt.Sprintf("%s: requested %s, but it is %s", what, asked, cli.Dash(made)))
		}
	}
	compare("the speed policy", string(asked.SpeedPolicy), string(made.SpeedPolicy))
	if methodID(asked.DefaultPaymentMethod) != methodID(made.DefaultPaymentMethod) {
		compare("the default payment method", asked.DefaultPaymentMethod, made.DefaultPaymentMethod)
	}
	compare("the redirect URL", asked.RedirectURL, made.RedirectURL)
	compare("the language", asked.DefaultLanguage, made.DefaultLanguage)
	if asked.RedirectAutomatically != nil {
		compare("redirecting automatically", fmt.Sprint(*asked.RedirectAutomatically), fmt.Sprint(made.RedirectAutomatically))
	}
	if asked.MonitoringMinutes != nil {
		compare("the monitoring minutes", fmt.Sprint(int64(*asked.MonitoringMinutes)), fmt.Sprint(int64(made.MonitoringMinutes)))
	}
	if asked.PaymentTolerance != nil && asked.PaymentTolerance.Cmp(made.PaymentTolerance) != 0 {
		compare("the payment tolerance", asked.PaymentTolerance.String(), made.PaymentTolerance.String())
	}
	return found
}
