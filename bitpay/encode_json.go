package bitpay

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// parseJSON reads a JSON Web Key (RFC 7517) or a set of them, the object that bitauth's
// generateSin returns, and BitPay.config.json.
func (p *parser) parseJSON(text string) (Imported, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return Imported{}, fmt.Errorf("%w: it begins like JSON and is none", ErrKeyTruncated)
	}
	switch {
	case object["kty"] != nil:
		return parseJWK([]byte(text))
	case object["keys"] != nil:
		return parseJWKSet(object["keys"])
	case object["BitPayConfiguration"] != nil:
		return p.parseConfig(object["BitPayConfiguration"])
	case object["priv"] != nil:
		return parseBitAuth([]byte(text))
	}
	return Imported{}, fmt.Errorf("%w: this JSON is neither a JWK nor the file of a BitPay client", ErrKeyFormat)
}

type jwk struct {
	Type    string `json:"kty"`
	Curve   string `json:"crv"`
	ID      string `json:"kid"`
	X       string `json:"x"`
	Y       string `json:"y"`
	Private string `json:"d"`
}

// jwkCurves are the names of secp256k1: that of RFC 8812, and those that libraries wrote
// before it.
var jwkCurves = []string{"secp256k1", "SECP256K1", "P-256K", "K-256"}

func parseJWK(data []byte) (Imported, error) {
	var key jwk
	if err := json.Unmarshal(data, &key); err != nil {
		return Imported{}, fmt.Errorf("%w: its JWK cannot be read", ErrKeyTruncated)
	}
	id, err := key.identity()
	return Imported{Identity: id, Format: FormatJWK}, err
}

func (k jwk) identity() (*Identity, error) {
	switch {
	case k.Type != "EC":
		return nil, fmt.Errorf("%w: the type of this JWK is %.20q", ErrKeyCurve, k.Type)
	case !slices.Contains(jwkCurves, k.Curve):
		return nil, fmt.Errorf("%w: the curve of this JWK is %.20q", ErrKeyCurve, k.Curve)
	case k.Private == "":
		return nil, fmt.Errorf("%w: this JWK has no field d", ErrPublicKey)
	}
	scalar, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(k.Private, "="))
	if err != nil {
		return nil, fmt.Errorf("%w: d of this JWK is not base64url", ErrKeyTruncated)
	}
	defer clear(scalar)
	id, err := fromScalar(scalar)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		text string
		want []byte
	}{{k.X, id.public.point.X().Bytes()}, {k.Y, id.public.point.Y().Bytes()}} {
		got, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part.text, "="))
		if part.text != "" && (err != nil || !bytes.Equal(bytes.TrimLeft(got, "\x00"), part.want)) {
			return nil, ErrKeyMismatch
		}
	}
	return id, nil
}

func parseJWKSet(data []byte) (Imported, error) {
	var keys []jwk
	if err := json.Unmarshal(data, &keys); err != nil {
		return Imported{}, fmt.Errorf("%w: its set of JWKs cannot be read", ErrKeyTruncated)
	}
	var found []Reading
	failure := fmt.Errorf("%w: the set of JWKs is empty", ErrKeyFormat)
	for i, key := range keys {
		id, err := key.identity()
		if err != nil {
			failure = err
			continue
		}
		why := fmt.Sprintf("key %d is meant", i+1)
		if key.ID != "" {
			why = fmt.Sprintf("the key with the kid %.40q is meant", key.ID)
		}
		found = append(found, Reading{id, why})
	}
	if len(found) == 0 {
		return Imported{}, failure
	}
	return severalKeys(found, FormatJWK)
}

// parseBitAuth reads what generateSin of the npm package bitauth returns.
func parseBitAuth(data []byte) (Imported, error) {
	var key struct {
		Priv string `json:"priv"`
		SIN  string `json:"sin"`
	}
	if err := json.Unmarshal(data, &key); err != nil {
		return Imported{}, fmt.Errorf("%w: its JSON has other types than bitauth writes", ErrKeyTruncated)
	}
	imported, err := parseHex(key.Priv)
	if choice, ok := errors.AsType[*AmbiguousKeyError](err); ok && choice.Choose(key.SIN) != nil {
		imported, err = Imported{Identity: choice.Choose(key.SIN)}, nil
	}
	if err != nil {
		return Imported{}, err
	}
	if key.SIN != "" {
		id, ok := imported.Identity.ForSIN(key.SIN)
		if !ok {
			return Imported{}, ErrKeyMismatch
		}
		imported.Identity = id
	}
	return Imported{Identity: imported.Identity, Format: FormatBitAuth}, nil
}

type configEnvironment struct {
	PrivateKey       string `json:"PrivateKey"`
	PrivateKeyPath   string `json:"PrivateKeyPath"`
	PrivateKeySecret string `json:"PrivateKeySecret"`
}

// parseConfig reads the configuration that BitPay's clients for Node, PHP, Java and C#
// share. It has the key, or names the key's file; that of PHP also has its password.
func (p *parser) parseConfig(data []byte) (Imported, error) {
	var config struct {
		Environment string                       `json:"Environment"`
		EnvConfig   map[string]configEnvironment `json:"EnvConfig"`
	}
	if err := json.Unmarshal(data, &config); err != nil {
		return Imported{}, fmt.Errorf("%w: BitPayConfiguration has other types than BitPay's clients write", ErrKeyTruncated)
	}
	var found []Reading
	var file *KeyFileError
	for _, name := range slices.Sorted(maps.Keys(config.EnvConfig)) {
		env := config.EnvConfig[name]
		if path := env.PrivateKeyPath; path != "" && (file == nil || name == config.Environment) {
			file = &KeyFileError{Path: path, Passphrase: client.NewSecret(env.PrivateKeySecret)}
		}
		if env.PrivateKey == "" {
			continue
		}
		imported, err := p.parseText(env.PrivateKey)
		if err != nil {
			return Imported{}, err
		}
		found = append(found, Reading{imported.Identity, fmt.Sprintf("the environment %.20q is meant", name)})
	}
	switch {
	case len(found) > 0:
		return severalKeys(found, FormatConfig)
	case file != nil:
		return Imported{}, file
	}
	return Imported{}, fmt.Errorf("%w: BitPayConfiguration has neither a PrivateKey nor a PrivateKeyPath", ErrKeyFormat)
}
