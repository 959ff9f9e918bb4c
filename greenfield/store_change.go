package greenfield

import (
	"maps"
	"slices"

	"github.com/btcpayctl/btcpayctl/client"
)

// Request returns a request that describes the store as it is, for
// [StoreService.Update].
func (s Store) Request() StoreRequest {
	r := StoreRequest{
		Name: s.Name, Website: setText(s.Website), SupportURL: setText(s.SupportURL), DefaultCurrency: s.DefaultCurrency,
		AdditionalTrackedRates: slices.Clone(s.AdditionalTrackedRates), DefaultLang: setText(s.DefaultLang),
		DefaultPaymentMethod: setText(s.DefaultPaymentMethod), Archived: &s.Archived,

		InvoiceExpiration: &s.InvoiceExpiration, DisplayExpirationTimer: &s.DisplayExpirationTimer,
		MonitoringExpiration: &s.MonitoringExpiration, RefundBOLT11Expiration: &s.RefundBOLT11Expiration,

		SpeedPolicy: s.SpeedPolicy, NetworkFeeMode: s.NetworkFeeMode, AnyoneCanCreateInvoice: &s.AnyoneCanCreateInvoice,
		RecommendedFeeBlockTarget: &s.RecommendedFeeBlockTarget, PaymentMethodCriteria: slices.Clone(s.PaymentMethodCriteria),
		Receipt: &s.Receipt,

		LightningDescriptionTemplate: setText(s.LightningDescriptionTemplate), LightningAmountInSatoshi: &s.LightningAmountInSatoshi,
		LightningPrivateRouteHints: &s.LightningPrivateRouteHints, OnChainWithLnInvoiceFallback: &s.OnChainWithLnInvoiceFallback,
		LazyPaymentMethods: &s.LazyPaymentMethods, RedirectAutomatically: &s.RedirectAutomatically,
		ShowRecommendedFee: &s.ShowRecommendedFee, PayJoinEnabled: &s.PayJoinEnabled, AutoDetectLanguage: &s.AutoDetectLanguage,
		ShowPayInWalletButton: &s.ShowPayInWalletButton, ShowStoreHeader: &s.ShowStoreHeader,
		CelebratePayment: &s.CelebratePayment, PlaySoundOnPayment: &s.PlaySoundOnPayment,

		HTMLTitle: setText(s.HTMLTitle), BrandColor: setText(s.BrandColor), ApplyBrandColorToBackend: &s.ApplyBrandColorToBackend,
		LogoURL: setText(s.LogoURL), CSSURL: setText(s.CSSURL), PaymentSoundURL: setText(s.PaymentSoundURL),

		CustomLogo: setText(s.CustomLogo), CustomCSS: setText(s.CustomCSS), CheckoutType: s.CheckoutType, RequiresRefundEmail: &s.RequiresRefundEmail,

		Extra: maps.Clone(s.Extra),
	}
	if s.PaymentTolerance.IsSet() {
		r.PaymentTolerance = &s.PaymentTolerance
	}
	return r
}

// setText leaves out an empty text. A store without a website has null there, and servers
// refuse "" as an address in some fields.
func setText(value string) client.Opt[string] {
	if value == "" {
		return client.Opt[string]{}
	}
	return client.Set(value)
}
