package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// KeyID names a key without revealing it: the first 16 hex digits of its SHA-256.
func KeyID(key greenfield.APIKey) string {
	return IDOfAPIKey([]byte(key.Secret().Reveal()))
}

// IDOfAPIKey is [KeyID] of a key as a keystore has it.
func IDOfAPIKey(secret []byte) string {
	sum := sha256.Sum256(secret)
	return hex.EncodeToString(sum[:8])
}

// APIKeyName is the name under which a keystore holds the key of an id.
func APIKeyName(id string) string { return "apikey/" + id }

// LoadAPIKey reads a key from a keystore and checks that it is the one.
func (a *App) LoadAPIKey(ctx context.Context, spec, id string) (greenfield.APIKey, error) {
	store, err := a.OpenKeystore(spec)
	if err != nil {
		return greenfield.APIKey{}, err
	}
	data, err := store.Get(ctx, APIKeyName(id))
	if err != nil {
		return greenfield.APIKey{}, err
	}
	defer clear(data)
	key, err := greenfield.NewAPIKey(client.NewSecret(string(data)))
	if err == nil && KeyID(key) != id {
		err = errors.New("it is the key " + KeyID(key))
	}
	if err != nil {
		return greenfield.APIKey{}, &output.Error{Code: output.KeystoreDamaged, What: fmt.Sprintf("the secret in keystore %s named %s is another key", spec, APIKeyName(id)),
			Why: err.Error(), Next: "restore it from a backup, or get a new key: btcpayctl authorize --profile NAME --store ID --for \"invoice create\"", Err: err}
	}
	a.Conceal(key.Secret())
	return key, nil
}
