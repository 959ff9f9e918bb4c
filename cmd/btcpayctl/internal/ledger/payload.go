package ledger

import "time"

// A Pair is the pairing of a BitId key.
type Pair struct {
	Header
	PairPayload
}

// PairPayload is what the server gave. Expires is by this machine's clock.
type PairPayload struct {
	Store   string    `json:"store,omitempty"` // that was asked for
	SIN     string    `json:"sin,omitempty"`   // of the key
	Code    string    `json:"code,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

func (p *Pair) parts(kind Kind) []any { return only(kind == KindPair, &p.PairPayload) }

// An Invoice is the creation of one.
type Invoice struct {
	Header
	InvoicePayload
}

// An Issuer says which credential creates invoices, and for which store.
type Issuer struct {
	// API is "greenfield", or empty for the BitPay-compatible one.
	API   string `json:"api,omitempty"`
	SIN   string `json:"sin,omitempty"`   // of a BitId key
	KeyID string `json:"keyId,omitempty"` // of an API key
	Store string `json:"store,omitempty"`
	// StoreProven is set where the key was seen to serve Store.
	StoreProven bool `json:"storeProven,omitempty"`
}

// InvoicePayload is what was asked for. Invoice is the id, once it is known.
type InvoicePayload struct {
	Issuer
	OrderID  string `json:"orderId,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	Invoice  string `json:"invoice,omitempty"`
	// Batch is the operation that the invoice is one row of, and Row what the row is known
	// by there.
	Batch string `json:"batch,omitempty"`
	Row   string `json:"row,omitempty"`
}

func (i *Invoice) parts(kind Kind) []any { return only(kind == KindInvoice, &i.InvoicePayload) }

// A Move brings secrets from one keystore to another. No server has a part in it.
type Move struct {
	Header
	MovePayload
}

// MovePayload says where secrets are taken from, OldKeystore, and where they go.
type MovePayload struct {
	OldKeystore string `json:"oldKeystore,omitempty"`
	Keystore    string `json:"keystore,omitempty"`
}

func (m *Move) parts(kind Kind) []any { return only(kind == KindMove, &m.MovePayload) }

// Handed is no operation: a key that was handed out, to a file or a person, and is kept
// nowhere here. Such records have a directory of their own, and stay until the key is
// known to be gone.
type Handed struct {
	Header
	HandedPayload
}

// HandedPayload says which key it is, and the file that it was written to, if it was.
type HandedPayload struct {
	KeyID       string   `json:"keyId,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
	File        string   `json:"file,omitempty"`
}

func (h *Handed) parts(kind Kind) []any { return only(kind == KindHanded, &h.HandedPayload) }
