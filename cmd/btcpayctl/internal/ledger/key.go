package ledger

import "time"

// A Key is an operation about a Greenfield key: a login, the making of a key, its rotation
// or its revocation. Fields that only another kind uses are empty.
type Key struct {
	Header
	KeyPayload
	Authorize AuthorizePayload
	Mint      MintPayload
	Rotate    RotatePayload
	Revoke    RevokePayload
}

// KeyPayload describes the key. The server's page shows it under the header's Label.
type KeyPayload struct {
	// KeyID is set before the key is put into Keystore, so a record without KeyID is about
	// a key that never arrived here. For a revocation it is the key to revoke.
	KeyID    string `json:"keyId,omitempty"`
	Keystore string `json:"keystore,omitempty"`
	Store    string `json:"store,omitempty"`
	// Target is the profile that will use the key, if there is one.
	Target      string   `json:"target,omitempty"`
	Permissions []string `json:"permissions,omitempty"` // requested
	Known       bool     `json:"known,omitempty"`       // it was stored before the operation
	// Shared is set if the key may be in use elsewhere: it was pasted, or the server may
	// have offered an older key.
	Shared bool `json:"shared,omitempty"`
	// MintedBy is the key that made this one for its own account: while it works, the
	// account is not locked. It is empty for another account, or if a password made the
	// key.
	MintedBy string `json:"mintedBy,omitempty"`
	// BesidePairing is set if the target profile may get the key although it has a BitId
	// key.
	BesidePairing bool `json:"besidePairing,omitempty"`
	// Ended is set when the key is revoked, before it is deleted here. Without it, a key
	// that is not in the keystore was never stored, and may be active.
	Ended bool   `json:"ended,omitempty"`
	Watch *Watch `json:"watch,omitempty"`
}

// AuthorizePayload is about a login: who agreed to the key, the consent page, and the
// listener.
type AuthorizePayload struct {
	Consent Consent `json:"consent,omitempty"`
	// PickStore is the store that the user had to pick, if the requested permissions name
	// none.
	PickStore string `json:"pickStore,omitempty"`
	// ExpectUser is the e-mail address of the user who has to own the key.
	ExpectUser string `json:"expectUser,omitempty"`

	Page  string `json:"page,omitempty"`
	Port  int    `json:"port,omitempty"`
	Nonce string `json:"nonce,omitempty"`
	// Printed is set if the page's URL was printed for a user who pastes the key; Taken is
	// set when a command has asked for that key.
	Printed bool `json:"printed,omitempty"`
	Taken   bool `json:"taken,omitempty"`
	// Came is the label of the key that arrived. Several pages may post to one port and
	// nonce, and each has a label of its own.
	Came string `json:"came,omitempty"`
}

// MintPayload is about the making of a key.
type MintPayload struct {
	// Temporary is set if the key has to be revoked when its command ends. The payload's
	// Watch says which process does that.
	Temporary bool `json:"temporary,omitempty"`
}

// RotatePayload is about the key that a rotation replaces.
type RotatePayload struct {
	OldKeyID    string `json:"oldKeyId,omitempty"`
	OldKeystore string `json:"oldKeystore,omitempty"`
	// Due is when the old key has to be revoked, if it stays valid until then.
	Due time.Time `json:"due,omitzero"`
}

// RevokePayload is about a revocation.
type RevokePayload struct {
	// Due is when the key has to be revoked, if it stays valid until then.
	Due time.Time `json:"due,omitzero"`
}

func (k *Key) parts(kind Kind) []any {
	switch kind {
	case KindAuthorize:
		return []any{&k.KeyPayload, &k.Authorize}
	case KindMint:
		return []any{&k.KeyPayload, &k.Mint}
	case KindRotate:
		return []any{&k.KeyPayload, &k.Rotate}
	case KindRevoke:
		return []any{&k.KeyPayload, &k.Revoke}
	case KindPair, KindInvoice, KindBatch, KindListen, KindForward, KindMove, KindHanded:
	}
	return nil
}

// Waits reports whether the operation is a revocation that is not due yet.
func (k Key) Waits(now time.Time) bool { return k.Kind == KindRevoke && now.Before(k.Revoke.Due) }
