package release

// HasRefundData reports whether what can be paid back of an invoice can be read. By history since 2.2.0.
func (r Release) HasRefundData() bool { return r.Since(2, 2, 0) }

// RefundMethodFields are the fields of a refund that name its payout methods: a list that goes first, and one for a single
// method. Recorded of all four; the list is by history since 2.4.1.
func (r Release) RefundMethodFields() []string {
	switch {
	case r.Since(2, 4, 1):
		return []string{"payoutMethods", "payoutMethodId"}
	case r.Since(2, 0, 0):
		return []string{"payoutMethodId"}
	}
	return []string{"paymentMethod"}
}

// RefundsByDefault reports whether a refund that names no payout method is by the one of the invoice. Recorded of 1.13.5 and
// 2.0.8.
func (r Release) RefundsByDefault() bool { return r.Since(2, 0, 0) }
