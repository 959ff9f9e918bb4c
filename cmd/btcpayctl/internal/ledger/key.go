package ledger

import "time"

// A Key is an operation about a Greenfield key: a login, the making of a key, its
// rotation or its revocation. What one of these kinds has by itself is empty in the others.
type Key struct {
	Header
	KeyPayload
	Authorize AuthorizePayload
	Mint      MintPayload
	Rotate    RotatePayload
	Revoke    RevokePayload
}

// KeyPayload is about the key, which the server's page shows under the header's Label.
type KeyPayload struct {
	// KeyID is set before the key is put into Keystore, so that a key without it was
	// never seen here. Of a revocation it is the key to revoke.
	KeyID    string `json:"keyId,omitempty"`
	Keystore string `json:"keystore,omitempty"`
	Store    string `json:"store,omitempty"`
	// Target is the profile that the key will be of, where there is one.
	Target      string   `json:"target,omitempty"`
	Permissions []string `json:"permissions,omitempty"` // asked for
	Known       bool     `json:"known,omitempty"`       // it was stored before the operation
	// Shared is a key that may be in use elsewhere: it was pasted, or the
	// server may have offered an older one.
	Shared bool `json:"shared,omitempty"`
	// MintedBy is the key that made this one for its own account: as long as it
	// works, the account is not locked. Empty where it is another account's, or
	// where a password made the key.
	MintedBy string `json:"mintedBy,omitempty"`
	// BesidePairing is a key that may come before the target's BitId key.
	BesidePairing bool `json:"besidePairing,omitempty"`
	// Ended is set when the server has no more part in it, before the key is
	// deleted here: a key that is not in the keystore was never put there
	// otherwise, and may live.
	Ended bool   `json:"ended,omitempty"`
	Watch *Watch `json:"watch,omitempty"`
}

// AuthorizePayload is of a login: who agreed to the key that came, the consent page, and
// where its response is waited for.
type AuthorizePayload struct {
	Consent Consent `json:"consent,omitempty"`
	// PickStore is the store that the person was to pick, where the permissions asked for
	// name none.
	PickStore string `json:"pickStore,omitempty"`
	// ExpectUser is the e-mail address of the person whose key it has to be.
	ExpectUser string `json:"expectUser,omitempty"`

	Page  string `json:"page,omitempty"`
	Port  int    `json:"port,omitempty"`
	Nonce string `json:"nonce,omitempty"`
	// Printed is a page that was printed for a person, who pastes the key; Taken is set
	// when a command has asked for that key.
	Printed bool `json:"printed,omitempty"`
	Taken   bool `json:"taken,omitempty"`
	// Came is the label of the key that came. Several pages may lead to one port
	// and nonce, and each has a label of its own.
	Came string `json:"came,omitempty"`
}

// MintPayload is of the making of a key.
type MintPayload struct {
	// Temporary is a key that is to be revoked when its command ends. The payload's Watch
	// says who asks for that.
	Temporary bool `json:"temporary,omitempty"`
}

// RotatePayload is about the key that a rotation replaces.
type RotatePayload struct {
	OldKeyID    string `json:"oldKeyId,omitempty"`
	OldKeystore string `json:"oldKeystore,omitempty"`
	// Due is when the old key is to be revoked, where it goes on working until then.
	Due time.Time `json:"due,omitzero"`
}

// RevokePayload is of a revocation.
type RevokePayload struct {
	// Due is when the key is to be revoked, where it goes on working until then.
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
	case KindPair, KindInvoice, KindBatch, KindMove, KindHanded:
	}
	return nil
}

// Waits reports whether the operation is a revocation whose time has not come.
func (k Key) Waits(now time.Time) bool { return k.Kind == KindRevoke && now.Before(k.Revoke.Due) }
