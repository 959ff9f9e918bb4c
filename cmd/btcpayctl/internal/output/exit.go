package output

// A Code names a kind of failure in JSON errors. Codes are a contract; the text
// of messages is not.
type Code string

// The codes, in the order of [Failures].
const (
	Failed             Code = "failed"
	MadeOtherwise      Code = "made-otherwise"
	OrderExists        Code = "order-exists"
	SomeFailed         Code = "some-failed"
	Usage              Code = "usage"
	BadInput           Code = "bad-input"
	Refused            Code = "refused"
	Invalid            Code = "validation"
	ServerError        Code = "server-error"
	Unavailable        Code = "unavailable"
	Redirected         Code = "redirected"
	BadAnswer          Code = "bad-answer"
	ReusedKey          Code = "reused-key"
	NoCredential       Code = "no-credential"
	BadCredential      Code = "bad-credential"
	NotPaired          Code = "not-paired"
	MissingPermission  Code = "missing-permission"
	NotFound           Code = "not-found"
	Network            Code = "network"
	Timeout            Code = "timeout"
	Pending            Code = "pending"
	UnknownOutcome     Code = "unknown-outcome"
	KeystoreLocked     Code = "keystore-locked"
	KeystoreUnusable   Code = "keystore-unavailable"
	KeystoreDamaged    Code = "keystore-damaged"
	SecretMissing      Code = "secret-missing"
	InvoiceExpired     Code = "invoice-expired"
	InvoiceInvalid     Code = "invoice-invalid"
	InvoiceUnderpaid   Code = "invoice-underpaid"
	InvoicePaidLate    Code = "invoice-paid-late"
	InvoiceInvalidPaid Code = "invoice-invalid-paid"
	PairingCodeExpired Code = "pairing-code-expired"
	PairingTaken       Code = "pairing-taken"
	WrongStore         Code = "wrong-store"
	WrongSignature     Code = "wrong-signature"
	DeliveryFailed     Code = "delivery-failed"
	Different          Code = "different"
	HungUp             Code = "hung-up"
	Interrupted        Code = "interrupted"
	Quit               Code = "quit"
	Terminated         Code = "terminated"
)

// A Failure is one row of the table of failures.
type Failure struct {
	Code    Code   `json:"code"`
	Exit    int    `json:"exit"`
	Meaning string `json:"meaning"`
}

// Failures is the only place that maps codes to exit codes. Exits, JSON errors and
// `btcpayctl help exit-codes` are derived from it.
var Failures = []Failure{
	{Failed, 1, "any failure that has no code of its own"},
	{MadeOtherwise, 1, "what the server created differs from what was asked for; the message names it"},
	{OrderExists, 1, "the order already has an invoice, which differs from what was asked for; none was created"},
	{SomeFailed, 1, "some rows of a batch have no invoice; the others do"},
	{Usage, 2, "the command line is wrong; nothing was sent"},
	{BadInput, 2, "a file, an argument or standard input holds something unusable; nothing was sent"},
	{Refused, 3, "the server refused the request"},
	{Invalid, 3, "the server refused a value of the request"},
	{ServerError, 3, "the server failed (5xx)"},
	{Unavailable, 3, "the server cannot do this now; the same command may work later"},
	{Redirected, 3, "the server responded with a redirect, which is never followed with a credential"},
	{BadAnswer, 3, "the server's response cannot be understood or is too large"},
	{ReusedKey, 3, "the key is already paired with another store"},
	{NoCredential, 4, "no credential is configured for this call"},
	{BadCredential, 4, "the server does not accept the credential"},
	{NotPaired, 4, "the key is not paired with a store, or was revoked"},
	{MissingPermission, 5, "the credential is good but lacks a permission, or its owner's role does"},
	{NotFound, 6, "there is no such thing, or this credential may not see it"},
	{Network, 7, "the server cannot be reached: DNS, TLS, connection"},
	{Timeout, 7, "the server did not respond in time"},
	{Pending, 8, "still pending when the wait ran out"},
	{UnknownOutcome, 8, "the request may have been carried out; it was not sent again"},
	{KeystoreLocked, 9, "the secret store is locked, or access to it was denied"},
	{KeystoreUnusable, 9, "the secret store is missing, did not respond or cannot be written"},
	{KeystoreDamaged, 9, "the secret store or an entry in it is damaged"},
	{SecretMissing, 9, "the profile names a key that the secret store does not hold"},
	{InvoiceExpired, 10, "the invoice expired, and no payment came"},
	{InvoiceInvalid, 10, "the invoice is invalid, and no payment counts"},
	{PairingCodeExpired, 10, "the pairing code expired before anyone approved it"},
	{PairingTaken, 10, "the pairing code was approved, but not for this key"},
	{WrongStore, 10, "the key is paired, but with another store than was asked for"},
	{WrongSignature, 10, "the signature is not one of this key or secret over this text"},
	{DeliveryFailed, 10, "the receiver of a webhook did not accept a delivery"},
	{Different, 10, "a server responds differently than the recorded one"},
	{InvoiceUnderpaid, 11, "the invoice expired, and less than asked was paid"},
	{InvoicePaidLate, 11, "the invoice was paid in full after it had expired"},
	{InvoiceInvalidPaid, 11, "the invoice is invalid, but money was paid"},
	{HungUp, 129, "stopped by SIGHUP: the terminal was closed"},
	{Interrupted, 130, "stopped by Ctrl-C (SIGINT)"},
	{Quit, 131, "stopped by SIGQUIT"},
	{Terminated, 143, "stopped by SIGTERM"},
}

// Exit returns the exit code of a code, and 1 for an unknown one.
func (c Code) Exit() int {
	for _, f := range Failures {
		if f.Code == c {
			return f.Exit
		}
	}
	return 1
}

// BySignal reports whether a code means that a signal stopped the program.
func (c Code) BySignal() bool { return c.Exit() > 128 }

// StoppedBy returns the code for a signal's exit code.
func StoppedBy(exit int) Code {
	for _, f := range Failures {
		if f.Exit == exit && f.Code.BySignal() {
			return f.Code
		}
	}
	return Interrupted
}
