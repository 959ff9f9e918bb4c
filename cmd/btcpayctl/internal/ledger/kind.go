package ledger

import "time"

// A Kind says what an operation does to the server.
type Kind string

// The kinds of operations.
const (
	KindPair    Kind = "pair"    // a key asks for a pairing code, or claims one
	KindInvoice Kind = "invoice" // an invoice is created
	// KindBatch is that of a [Batch]. Each of its rows is an operation of KindInvoice.
	KindBatch Kind = "batch"

	KindAuthorize Kind = "authorize" // a person is asked for a Greenfield key
	KindMint      Kind = "mint"      // a Greenfield key is made by another credential
	KindRotate    Kind = "rotate"    // a Greenfield key is made, and the one it replaces is revoked
	KindRevoke    Kind = "revoke"    // a Greenfield key is revoked

	KindMove   Kind = "move"   // see [Move]
	KindHanded Kind = "handed" // see [Handed]
)

// A Header is what the record of every kind has.
type Header struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	Kind    Kind   `json:"kind"`
	Profile string `json:"profile,omitempty"`
	Server  string `json:"server"` // URL; empty where no server has a part in it
	// Label is what the server's pages show: of a pairing, or of a key.
	Label string `json:"label,omitempty"`
	// AllowHTTP and CAFile are what a later run needs to reach the server.
	AllowHTTP bool   `json:"allowHttp,omitempty"`
	CAFile    string `json:"caFile,omitempty"`

	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

func (h *Header) header() *Header { return h }

// A Record is what is kept of an operation: a header, and the payload of its kind.
type Record interface {
	Pair | Invoice | Key | Move | Handed
}

// recorded is a pointer to a [Record].
type recorded interface {
	header() *Header
	// parts are the payloads of a kind, and nil where the record is of another one.
	parts(Kind) []any
}

// newRecord is an empty record for a kind, and nil for one that this version does not
// know.
func newRecord(kind Kind) recorded {
	for _, r := range []recorded{&Pair{}, &Invoice{}, &Key{}, &Move{}, &Handed{}} {
		if r.parts(kind) != nil {
			return r
		}
	}
	return nil
}

func only(is bool, parts ...any) []any {
	if !is {
		return nil
	}
	return parts
}
