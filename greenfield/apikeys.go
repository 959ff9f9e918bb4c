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

// APIKeyService makes, reads and revokes API keys. No server can list keys:
// whoever loses a key's value can revoke it on the server's page Account / API
// Keys alone, where it stands under its label.
type APIKeyService struct{ c *Client }

// APIKeyInfo is a key and what it may do.
type APIKeyInfo struct {
	// Key is the plain key. Servers after 2.4.4 keep a hash of it and tell it
	// when it is made; [APIKeyService.Current] then gives the client's own.
	Key client.Secret `json:"apiKey"`
	// ID names the key where the key itself is not told, such as
	// akid_4743fdafe0c5807a. It is empty up to 2.4.4.
	ID APIKeyID `json:"id,omitzero"`
	// Label is what the server's page shows; it may be empty.
	Label string `json:"label"`
	// Permissions are in an order of the server's, which may differ from the
	// request's. There may be none.
	Permissions []Permission `json:"permissions"`
}

// APIKeyRequest is a key to be made.
type APIKeyRequest struct {
	// Label makes the key found again by a person; the server asks for none.
	Label string `json:"label,omitzero"`
	// Permissions may have scopes, see [Permission.ForStore]. A key never can
	// do more than its owner. The server drops repetitions, and keeps policies
	// and stores that it does not know without effect (up to 2.0.8 it refuses
	// unknown policies).
	Permissions []Permission `json:"permissions"`
}

// Current reads the client's own key. Every key may do that. It is the way to
// find out whether a key works and what it is for.
func (s *APIKeyService) Current(ctx context.Context, opts ...client.CallOption) (APIKeyInfo, error) {
	c := s.c.as(opts)
	if c.basic {
		return APIKeyInfo{}, ErrNeedsAPIKey
	}
	return s.receive(ctx, get("APIKeys.Current", "api-keys", "current"), c.key.secret, opts)
}

// Create makes a key for the owner of the client's credential. It needs
// [Unrestricted], which an account's password has.
//
// It is sent once. Where [client.FateUnknown] holds for the error, the key may
// exist: only its label on the server's page can tell, so give it one of its own.
func (s *APIKeyService) Create(ctx context.Context, request APIKeyRequest, opts ...client.CallOption) (APIKeyInfo, error) {
	return s.create(ctx, request, post("APIKeys.Create", nil, "api-keys"), opts)
}

// CreateForUser makes a key for the user with this id or e-mail address. It
// needs [CanManageUsers] and an administrator of the server. It returns
// [ErrUserNotFound]. Since 1.8.0.
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

// receive checks that the answer holds a key, and the one that was asked with. A
// server that keeps hashes answers with the id of that one, and cannot repeat it.
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
		info.Key = same // none where a key was to be made
	}
	switch _, err := NewAPIKey(info.Key); {
	case err != nil:
		return APIKeyInfo{}, unusable(r.Request, errors.New("it holds no API key"))
	case !same.IsZero() && !same.Equal(info.Key):
		return APIKeyInfo{}, unusable(r.Request, errors.New("it is about another key than the one that asked"))
	}
	return info, nil
}

// keyID is wider than what is known of ids.
var keyID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`) })

func unusable(r client.Request, err error) error {
	return &client.AnswerError{Method: r.Method, Path: "/" + strings.Join(r.Path, "/"), Status: http.StatusOK, Err: err}
}

// RevokeCurrent revokes the client's own key. Every key may do that. Afterwards
// the key is answered with [ErrUnknownKey], which so tells that it is gone; of a
// server up to 2.3.4 [Client.WhyRefused] can tell.
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

// deleted sends a request whose good answer is empty. A page in its place comes from
// another program, such as one that wants a person to log in to the network, and the
// key would still work.
func deleted(ctx context.Context, c *client.Client, r client.Request, opts []client.CallOption) error {
	response, err := c.Do(ctx, r, opts...)
	if err == nil && len(response.Body) > 0 && !json.Valid(response.Body) {
		err = r.Unusable(response.Status, errors.New("it is a page, and a server that revoked a key sends none"))
	}
	return err
}

// Revoke revokes a key of the owner of the client's credential. It needs
// [Unrestricted]. It returns [ErrKeyNotFound]. It asks with that key how the
// server names it: by its id, or up to 2.4.4 by its value.
func (s *APIKeyService) Revoke(ctx context.Context, key APIKey, opts ...client.CallOption) error {
	return s.revoke(ctx, key, remove("APIKeys.Revoke", "api-keys"), opts)
}

// RevokeForUser revokes a key of the user with this id or e-mail address. It
// needs [CanManageUsers] and an administrator of the server. It returns
// [ErrKeyNotFound] and [ErrUserNotFound]. Since 1.8.0.
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
	// The key may be a part of the path here, and a path stands in errors and in
	// debug output.
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

// nameOf asks with a key how the server names it in a path. A server that answers
// with no id takes the key itself.
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

// hideKey takes a key out of the path that an error shows.
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
