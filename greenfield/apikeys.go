package greenfield

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/client"
)

// APIKeyService creates, reads and revokes API keys. No server can list keys: if the
// value of a key is lost, its owner can revoke it only on the server's page Account / API
// Keys, which shows the key's label.
//
// Servers after 2.4.4 store only a hash of each key, and name keys by an [APIKeyID].
// Older servers name a key by its value. That a key works is shown by
// [APIKeyService.Current], and that it is revoked by [ErrUnknownKey] from Current with
// that key. [ErrKeyNotFound] does not show that: the id may be wrong, or the key may
// belong to another account.
type APIKeyService struct{ c *Client }

// APIKeyInfo is a key and its permissions.
type APIKeyInfo struct {
	// ID names the key without revealing it, for instance akid_4743fdafe0c5807a. It is
	// empty on servers up to 2.4.4.
	ID APIKeyID `json:"id,omitzero"`
	// Key is the key itself. It is not set if the response does not contain it: servers
	// after 2.4.4 return the key only when they create it.
	Key client.Secret `json:"apiKey"`
	// Label is the name of the key on the server's page; it may be empty.
	Label string `json:"label"`
	// Created is the time of creation by the server's clock, sent in unix seconds. It is
	// zero if the server sends none, as up to 2.4.4, or one that is no such time.
	Created client.UnixSeconds `json:"created,omitzero"`
	// Permissions are in the server's order, which may differ from the order of the
	// request. The list may be empty.
	Permissions []Permission `json:"permissions"`
}

// UnmarshalJSON reads a key as a server sends it. An unusable time of creation does not
// make the rest unusable: no server with this field was recorded.
func (i *APIKeyInfo) UnmarshalJSON(data []byte) error {
	type plain APIKeyInfo
	received := struct {
		*plain
		Created json.RawMessage `json:"created"`
	}{plain: (*plain)(i)}
	if err := json.Unmarshal(data, &received); err != nil {
		return err
	}
	i.Created = client.UnixSeconds{}
	if err := i.Created.UnmarshalJSON(received.Created); err != nil || i.Created.Unix() <= 0 {
		i.Created = client.UnixSeconds{}
	}
	return nil
}

// APIKeyRequest describes a key to create.
type APIKeyRequest struct {
	// Label helps a user to find the key again; the server does not require it.
	Label string `json:"label,omitzero"`
	// Permissions may have scopes, see [Permission.ForStore]. A key never has more rights
	// than its owner. The server drops duplicates. It keeps unknown policies and stores,
	// but they have no effect (up to 2.0.8 it refuses unknown policies).
	Permissions []Permission `json:"permissions"`
}

// Current reads the client's own key. Every key may do this. Use it to find out whether a
// key works and which permissions it has. A nil error is the proof that the key works; the
// response need not contain the key.
func (s *APIKeyService) Current(ctx context.Context, opts ...client.CallOption) (APIKeyInfo, error) {
	c := s.c.as(opts)
	if c.basic {
		return APIKeyInfo{}, ErrNeedsAPIKey
	}
	return s.receive(ctx, get("APIKeys.Current", "api-keys", "current"), c.key.secret, opts)
}

// Create creates a key for the owner of the client's credential. It needs [Unrestricted],
// which an account's password has.
//
// The request is sent once. If [client.FateUnknown] reports true for the error, the key
// may exist. Only its label on the server's page can show that, so give each key a unique
// label. If the server created a key but did not return it, Create returns its ID together
// with the error, and [APIKeyService.Revoke] can revoke it.
func (s *APIKeyService) Create(ctx context.Context, request APIKeyRequest, opts ...client.CallOption) (APIKeyInfo, error) {
	return s.create(ctx, request, post("APIKeys.Create", nil, "api-keys"), opts)
}

// CreateForUser creates a key for the user with this id or e-mail address. It needs
// [CanManageUsers] and an administrator of the server. It returns [ErrUserNotFound].
// Since 1.8.0.
func (s *APIKeyService) CreateForUser(ctx context.Context, idOrEmail UserID, request APIKeyRequest, opts ...client.CallOption) (APIKeyInfo, error) {
	return s.create(ctx, request, post("APIKeys.CreateForUser", nil, "users", idOrEmail, "api-keys"), opts)
}

func (s *APIKeyService) create(ctx context.Context, asked APIKeyRequest, r request, opts []client.CallOption) (APIKeyInfo, error) {
	permissions := make([]Permission, len(asked.Permissions))
	for i, given := range asked.Permissions {
		p, err := ParsePermission(string(given))
		if err != nil {
			r = r.refuse(client.Refuse(fmt.Sprintf("permissions[%d]", i), err.Error()))
		}
		permissions[i] = p
	}
	asked.Permissions = permissions
	r.Body = asked
	return s.receive(ctx, r, client.Secret{}, opts)
}

// receive checks that the response describes a key. If own is set, the response has to be
// about that key, and need not contain it. Otherwise it has to contain a new key.
func (s *APIKeyService) receive(ctx context.Context, r request, own client.Secret, opts []client.CallOption) (APIKeyInfo, error) {
	r.Auth = true
	var info APIKeyInfo
	_, _, err := callSized(ctx, s.c, r, opts, func(received APIKeyInfo) (err error) {
		info, err = received.checked(own)
		return err
	})
	if err == nil {
		return info, nil
	}
	if own.IsZero() && info.ID != "" {
		return info, err // the key exists
	}
	return APIKeyInfo{}, err
}

var (
	errNoKey    = errors.New("it contains no API key")
	errOtherKey = errors.New("it is about another API key than the one that sent the request")
	errKeyID    = errors.New("it contains an invalid API key id")
	errSecretID = errors.New("it names the API key by the key itself")
	errNotAKey  = errors.New("it does not describe an API key: it has no permissions")
)

// checked returns what a response says about a key. Its Key is a key or is not set: a
// server that stores only hashes may send null, nothing, or the id instead.
func (i APIKeyInfo) checked(own client.Secret) (APIKeyInfo, error) {
	_, noKey := NewAPIKey(i.Key)
	isID := i.Key.Equal(client.NewSecret(string(i.ID))) && !secretForm().MatchString(string(i.ID))
	if noKey != nil || isID {
		i.Key = client.Secret{}
	}
	switch {
	case i.ID != "" && !validKeyID().MatchString(string(i.ID)):
		return APIKeyInfo{}, errKeyID
	case holds(i.ID, own), holds(i.ID, i.Key):
		return APIKeyInfo{}, errSecretID
	case !own.IsZero() && i.Permissions == nil:
		return APIKeyInfo{}, errNotAKey
	case own.IsZero() && i.Key.IsZero():
		return i, errNoKey
	case !own.IsZero() && !i.Key.IsZero() && !own.Equal(i.Key):
		return APIKeyInfo{}, errOtherKey
	}
	return i, nil
}

// holds reports whether an id contains a key.
func holds(id APIKeyID, key client.Secret) bool {
	return !key.IsZero() && strings.Contains(strings.ToLower(string(id)), strings.ToLower(key.Reveal()))
}

// validKeyID accepts more than the known form of ids.
var validKeyID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`) })
