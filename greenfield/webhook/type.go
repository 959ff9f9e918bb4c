package webhook

import (
	"maps"
	"slices"
)

// A Type says what happened. Servers add types.
type Type string

// The types that servers from 1.13.5 to 2.4.1 send.
const (
	TypeInvoiceCreated         Type = "InvoiceCreated"
	TypeInvoiceReceivedPayment Type = "InvoiceReceivedPayment"
	// TypeInvoicePaymentSettled may come before TypeInvoiceReceivedPayment.
	TypeInvoicePaymentSettled Type = "InvoicePaymentSettled"
	// TypeInvoiceProcessing means that the invoice is paid in full and not confirmed.
	TypeInvoiceProcessing Type = "InvoiceProcessing"
	TypeInvoiceExpired    Type = "InvoiceExpired"
	// TypeInvoiceSettled means that the invoice is confirmed, or was marked as settled.
	TypeInvoiceSettled             Type = "InvoiceSettled"
	TypeInvoiceInvalid             Type = "InvoiceInvalid"
	TypeInvoiceExpiredPaidPartial  Type = "InvoiceExpiredPaidPartial"
	TypeInvoicePaidAfterExpiration Type = "InvoicePaidAfterExpiration"
	// TypeInvoiceRefund is sent since 2.4.
	TypeInvoiceRefund Type = "InvoiceRefund"

	TypePaymentRequestCreated       Type = "PaymentRequestCreated"
	TypePaymentRequestUpdated       Type = "PaymentRequestUpdated"
	TypePaymentRequestArchived      Type = "PaymentRequestArchived"
	TypePaymentRequestStatusChanged Type = "PaymentRequestStatusChanged"
	TypePaymentRequestCompleted     Type = "PaymentRequestCompleted"

	TypePayoutCreated  Type = "PayoutCreated"
	TypePayoutApproved Type = "PayoutApproved"
	TypePayoutUpdated  Type = "PayoutUpdated"

	TypeSubscriberCreated      Type = "SubscriberCreated"
	TypeSubscriberCredited     Type = "SubscriberCredited"
	TypeSubscriberCharged      Type = "SubscriberCharged"
	TypeSubscriberActivated    Type = "SubscriberActivated"
	TypeSubscriberPhaseChanged Type = "SubscriberPhaseChanged"
	TypeSubscriberDisabled     Type = "SubscriberDisabled"
	TypeSubscriberNeedUpgrade  Type = "SubscriberNeedUpgrade"
	TypePaymentReminder        Type = "PaymentReminder"
	TypePlanStarted            Type = "PlanStarted"
	TypeCreditRefunded         Type = "CreditRefunded"

	TypePendingTransactionCreated            Type = "PendingTransactionCreated"
	TypePendingTransactionSignatureCollected Type = "PendingTransactionSignatureCollected"
	TypePendingTransactionBroadcast          Type = "PendingTransactionBroadcast"
	TypePendingTransactionCancelled          Type = "PendingTransactionCancelled"
)

// A family is what a type's events are about.
type family int

const (
	unknownFamily family = iota
	invoiceFamily
	paymentRequestFamily
	payoutFamily
	subscriptionFamily
	pendingTransactionFamily
)

var families = map[Type]family{
	TypeInvoiceCreated:             invoiceFamily,
	TypeInvoiceReceivedPayment:     invoiceFamily,
	TypeInvoicePaymentSettled:      invoiceFamily,
	TypeInvoiceProcessing:          invoiceFamily,
	TypeInvoiceExpired:             invoiceFamily,
	TypeInvoiceSettled:             invoiceFamily,
	TypeInvoiceInvalid:             invoiceFamily,
	TypeInvoiceExpiredPaidPartial:  invoiceFamily,
	TypeInvoicePaidAfterExpiration: invoiceFamily,
	TypeInvoiceRefund:              invoiceFamily,

	TypePaymentRequestCreated:       paymentRequestFamily,
	TypePaymentRequestUpdated:       paymentRequestFamily,
	TypePaymentRequestArchived:      paymentRequestFamily,
	TypePaymentRequestStatusChanged: paymentRequestFamily,
	TypePaymentRequestCompleted:     paymentRequestFamily,

	TypePayoutCreated:  payoutFamily,
	TypePayoutApproved: payoutFamily,
	TypePayoutUpdated:  payoutFamily,

	TypeSubscriberCreated:      subscriptionFamily,
	TypeSubscriberCredited:     subscriptionFamily,
	TypeSubscriberCharged:      subscriptionFamily,
	TypeSubscriberActivated:    subscriptionFamily,
	TypeSubscriberPhaseChanged: subscriptionFamily,
	TypeSubscriberDisabled:     subscriptionFamily,
	TypeSubscriberNeedUpgrade:  subscriptionFamily,
	TypePaymentReminder:        subscriptionFamily,
	TypePlanStarted:            subscriptionFamily,
	TypeCreditRefunded:         subscriptionFamily,

	TypePendingTransactionCreated:            pendingTransactionFamily,
	TypePendingTransactionSignatureCollected: pendingTransactionFamily,
	TypePendingTransactionBroadcast:          pendingTransactionFamily,
	TypePendingTransactionCancelled:          pendingTransactionFamily,
}

// Types returns the types that this package knows, by name.
func Types() []Type { return slices.Sorted(maps.Keys(families)) }

// IsKnown reports whether this package has the type, so that its fields are read.
func (t Type) IsKnown() bool { return families[t] != unknownFamily }
