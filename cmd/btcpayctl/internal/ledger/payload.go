package ledger

import "time"

// A Pair is the pairing of a BitId key.
type Pair struct {
	Header
	PairPayload
}

// PairPayload is the server's response. Expires is by this machine's clock.
type PairPayload struct {
	Store   string    `json:"store,omitempty"` // that was requested
	SIN     string    `json:"sin,omitempty"`   // of the key
	Code    string    `json:"code,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

func (p *Pair) parts(kind Kind) []any { return only(kind == KindPair, &p.PairPayload) }

// An Invoice is the creation of an invoice.
type Invoice struct {
	Header
	InvoicePayload
}

// An Issuer says which credential creates invoices, and for which store.
type Issuer struct {
	// API is "greenfield", or empty for the BitPay-compatible API.
	API   string `json:"api,omitempty"`
	SIN   string `json:"sin,omitempty"`   // of a BitId key
	KeyID string `json:"keyId,omitempty"` // of an API key
	Store string `json:"store,omitempty"`
	// StoreProven is set if the key was seen to serve Store.
	StoreProven bool `json:"storeProven,omitempty"`
}

// InvoicePayload is the request. Invoice is the id, once it is known.
type InvoicePayload struct {
	Issuer
	OrderID  string `json:"orderId,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	Invoice  string `json:"invoice,omitempty"`
	// Batch is the operation whose row this invoice is, and Row the name of that row.
	Batch string `json:"batch,omitempty"`
	Row   string `json:"row,omitempty"`
}

func (i *Invoice) parts(kind Kind) []any { return only(kind == KindInvoice, &i.InvoicePayload) }

// A Webhook is a webhook that a command created for itself.
type Webhook struct {
	Header
	WebhookPayload
}

// WebhookPayload names the webhook. URL contains the id of the operation, so that no other
// webhook has it.
type WebhookPayload struct {
	Store string `json:"store,omitempty"`
	URL   string `json:"url,omitempty"`
	// Webhook is the id, once it is known.
	Webhook string `json:"webhook,omitempty"`
	// To is the address that deliveries are forwarded to, and the others are the further
	// flags of the command that does it.
	To         string   `json:"to,omitempty"`
	SecretFile string   `json:"secretFile,omitempty"`
	As         string   `json:"as,omitempty"`
	Events     []string `json:"events,omitempty"`
	// Kept is set if the webhook has to remain after the command has ended.
	Kept bool `json:"kept,omitempty"`
}

func (w *Webhook) parts(kind Kind) []any {
	return only(kind == KindListen || kind == KindForward, &w.WebhookPayload)
}

// A Move moves secrets from one keystore to another. No server is involved.
type Move struct {
	Header
	MovePayload
}

// MovePayload names the old keystore and the new one.
type MovePayload struct {
	OldKeystore string `json:"oldKeystore,omitempty"`
	Keystore    string `json:"keystore,omitempty"`
}

func (m *Move) parts(kind Kind) []any { return only(kind == KindMove, &m.MovePayload) }

// Handed is not an operation: it is a note of a key that was handed out to a file or a user
// and is not stored here. These records have a directory of their own, and stay until the
// key is known to be revoked.
type Handed struct {
	Header
	HandedPayload
}

// HandedPayload names the key, and the file that it was written to, if any.
type HandedPayload struct {
	KeyID       string   `json:"keyId,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
	File        string   `json:"file,omitempty"`
}

func (h *Handed) parts(kind Kind) []any { return only(kind == KindHanded, &h.HandedPayload) }
