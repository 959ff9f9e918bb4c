package greenfield

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/client"
)

// APIKeyService creates, reads and revokes API keys. No server can list keys: if the
// value of a key is lost, its owner can revoke it only on the server's page Account / API
// Keys, which shows the key's label.
type APIKeyService struct{ c *Client }

// APIKeyInfo is a key and its permissions.
type APIKeyInfo struct {
	// Key is the plain key. Servers after 2.4.4 store only a hash of it and return the
	// key only when they create it; [APIKeyService.Current] then fills in the client's
	// own key.
	Key client.Secret `json:"apiKey"`
	// ID names the key without revealing it, for instance akid_4743fdafe0c5807a. It is
	// empty on servers up to 2.4.4.
	ID APIKeyID `json:"id,omitzero"`
	// Label is the name of the key on the server's page; it may be empty.
	Label string `json:"label"`
	// Permissions are in the server's order, which may differ from the order of the
	// request. The list may be empty.
	Permissions []Permission `json:"permissions"`
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
// key works and which permissions it has.
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
// label.
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

// receive checks that the response contains a key, and that it is the key same if that is
// set. A server that stores only hashes returns the id of the requesting key instead of
// the key.
func (s *APIKeyService) receive(ctx context.Context, r request, same client.Secret, opts []client.CallOption) (APIKeyInfo, error) {
	r.Auth = true
	info, err := call[APIKeyInfo](ctx, s.c, r, opts)
	if err != nil {
		return APIKeyInfo{}, err
	}
	if info.ID != "" && !keyID().MatchString(string(info.ID)) {
		return APIKeyInfo{}, unusable(r.Request, errors.New("it names the API key by what can be no id"))
	}
	if info.ID != "" && (info.Key.IsZero() || info.Key.Equal(client.NewSecret(string(info.ID)))) {
		info.Key = same // zero if the request creates a key
	}
	switch _, err := NewAPIKey(info.Key); {
	case err != nil:
		return APIKeyInfo{}, unusable(r.Request, errors.New("it holds no API key"))
	case !same.IsZero() && !same.Equal(info.Key):
		return APIKeyInfo{}, unusable(r.Request, errors.New("it is about another key than the one that asked"))
	}
	return info, nil
}

// keyID accepts more than the known forms of ids.
var keyID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`) })

func unusable(r client.Request, err error) error {
	return &client.AnswerError{Method: r.Method, Path: "/" + strings.Join(r.Path, "/"), Status: http.StatusOK, Err: err}
}

// RevokeCurrent revokes the client's own key. Every key may do this. Afterwards the
// server refuses the key with [ErrUnknownKey], which shows that the key no longer exists.
// For a server up to 2.3.4, use [Client.WhyRefused] to find that out.
func (s *APIKeyService) RevokeCurrent(ctx context.Context, opts ...client.CallOption) error {
	if s.c.as(opts).basic {
		return ErrNeedsAPIKey
	}
	r := remove("APIKeys.RevokeCurrent", "api-keys", "current")
	r.Auth = true
	if err := deleted(ctx, s.c.http, r.Request, opts); err != nil {
		return explain(r.Request, err)
	}
	return nil
}

// deleted sends a request whose successful response is empty. A page instead comes from
// another program, such as a network's login page. The key would then still work.
func deleted(ctx context.Context, c *client.Client, r client.Request, opts []client.CallOption) error {
	response, err := c.Do(ctx, r, opts...)
	if err == nil && len(response.Body) > 0 && !json.Valid(response.Body) {
		err = r.Unusable(response.Status, errors.New("it is a page, and a server that revoked a key sends none"))
	}
	return err
}

// Revoke revokes a key of the owner of the client's credential. It needs [Unrestricted].
// It returns [ErrKeyNotFound]. It first sends a request with the key to learn how the
// server names it: by its id, or on servers up to 2.4.4 by its value.
func (s *APIKeyService) Revoke(ctx context.Context, key APIKey, opts ...client.CallOption) error {
	return s.revoke(ctx, key, remove("APIKeys.Revoke", "api-keys"), opts)
}

// RevokeForUser revokes a key of the user with this id or e-mail address. It needs
// [CanManageUsers] and an administrator of the server. It returns [ErrKeyNotFound] and
// [ErrUserNotFound]. Since 1.8.0.
func (s *APIKeyService) RevokeForUser(ctx context.Context, idOrEmail UserID, key APIKey, opts ...client.CallOption) error {
	return s.revoke(ctx, key, remove("APIKeys.RevokeForUser", "users", idOrEmail, "api-keys"), opts)
}

func (s *APIKeyService) revoke(ctx context.Context, key APIKey, r request, opts []client.CallOption) error {
	switch {
	case key.IsZero():
		return ErrAPIKey
	case r.err != nil:
		return r.err
	}
	// The path may contain the key, and errors and debug output show the path.
	connection, err := s.c.http.With(client.WithSecrets(key.secret))
	if err != nil {
		return err
	}
	name, err := nameOf(ctx, connection, key)
	if err != nil {
		return err
	}
	r.Path, r.Auth = append(r.Path, name), true
	if err := deleted(ctx, connection, r.Request, opts); err != nil {
		hideKey(err, key.secret)
		return explain(r.Request, err)
	}
	return nil
}

// nameOf sends a request with a key to learn how the server names the key in a path. A
// server that returns no id expects the key itself.
func nameOf(ctx context.Context, connection *client.Client, key APIKey) (string, error) {
	asker := From(connection, key)
	info, err := asker.APIKeys.Current(ctx)
	switch _, unreached := errors.AsType[*client.NetworkError](err); {
	case errors.Is(err, ErrUnknownKey):
		return "", fmt.Errorf("%w: %w", ErrKeyNotFound, err)
	case unreached, ctx.Err() != nil:
		return "", err
	case err == nil && info.ID != "":
		return string(info.ID), nil
	}
	return key.secret.Reveal(), nil
}

// hideKey removes a key from the path that an error shows.
func hideKey(err error, key client.Secret) {
	hide := func(texts ...*string) {
		for _, text := range texts {
			*text = strings.ReplaceAll(*text, key.Reveal(), key.String())
		}
	}
	if e, ok := errors.AsType[*client.Error](err); ok {
		hide(&e.Path, &e.Message)
	}
	if e, ok := errors.AsType[*client.NetworkError](err); ok {
		hide(&e.Path)
	}
	if e, ok := errors.AsType[*client.AnswerError](err); ok {
		hide(&e.Path)
	}
	if e, ok := errors.AsType[*client.RedirectError](err); ok {
		hide(&e.Path, &e.Target)
	}
}
