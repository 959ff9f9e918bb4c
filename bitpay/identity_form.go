package bitpay

import "encoding/hex"

// Uncompressed returns the identity of the same private key that names itself by its
// uncompressed public key: 130 hex digits that begin with 04. The two identities are
// different accounts for a server, because a SIN is the hash of the public key as it is
// sent. Some clients paired keys in this form, and their tokens work only in it.
//
// A server compresses each key that is pasted into its pages. So a key in this form can be
// paired only from the client's side, with [Client.RequestPairing] or [Client.ClaimPairing].
func (id *Identity) Uncompressed() *Identity {
	long := &Identity{public: id.public.uncompressed()}
	if id.key != nil {
		key := *id.key // a copy, so that Destroy wipes only one of them
		long.key = &key
	}
	return long
}

// ForSIN returns the identity with this SIN that uses the same private key: id itself or
// the one with the other form of its public key. It reports false if the SIN belongs to
// another key.
func (id *Identity) ForSIN(sin string) (*Identity, bool) {
	if id.SIN() == sin {
		return id, true
	}
	long := id.Uncompressed()
	if long.SIN() == sin {
		return long, true
	}
	if id.IsUncompressed() {
		short := &Identity{key: long.key, public: newPublicKey(id.public.point)}
		return short, short.SIN() == sin
	}
	return nil, false
}

// IsUncompressed reports whether the identity names itself by its uncompressed public key,
// see [Identity.Uncompressed].
func (id *Identity) IsUncompressed() bool { return len(id.public.hex) == uncompressedDigits }

// uncompressedDigits is the length of an uncompressed public key in hex.
const uncompressedDigits = 130

func (k PublicKey) uncompressed() PublicKey {
	long := k.point.SerializeUncompressed()
	return PublicKey{point: k.point, hex: hex.EncodeToString(long), sin: deriveSIN(long)}
}
