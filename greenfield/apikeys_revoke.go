package greenfield

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/client"
)

// RevokeCurrent revokes the client's own key, on every version. Every key may do this.
// Afterwards the server refuses the key with [ErrUnknownKey], which shows that the key no
// longer exists. For a server up to 2.3.4, use [Client.WhyRefused] to find that out.
func (s *APIKeyService) RevokeCurrent(ctx context.Context, opts ...client.CallOption) error {
	if s.c.as(opts).basic {
		return ErrNeedsAPIKey
	}
	return s.delete(ctx, s.c.http, remove("APIKeys.RevokeCurrent", "api-keys", "current"), opts)
}

// Revoke revokes the key with this id, on servers after 2.4.4. The key belongs to the
// owner of the client's credential. It needs [Unrestricted]. It returns [ErrKeyNotFound],
// which does not show that the key was revoked; older servers return it for every id.
func (s *APIKeyService) Revoke(ctx context.Context, id APIKeyID, opts ...client.CallOption) error {
	return s.delete(ctx, s.c.http, remove("APIKeys.Revoke", "api-keys").key(id), opts)
}

// RevokeForUser is like [APIKeyService.Revoke], but revokes a key of the user with this id
// or e-mail address. It needs [CanManageUsers] and an administrator of the server. It
// returns [ErrKeyNotFound] and [ErrUserNotFound].
func (s *APIKeyService) RevokeForUser(ctx context.Context, idOrEmail UserID, id APIKeyID, opts ...client.CallOption) error {
	return s.delete(ctx, s.c.http, remove("APIKeys.RevokeForUser", "users", idOrEmail, "api-keys").key(id), opts)
}

// RevokeValue revokes a key of the owner of the client's credential by its value, for
// servers up to 2.4.4. It needs [Unrestricted].
//
// It first sends a request with the key. If the server does not know the key, RevokeValue
// returns an error that wraps [ErrKeyNotFound] and [ErrUnknownKey], and the key is
// revoked. If the server returns an id, RevokeValue uses the id. Otherwise the path
// contains the key, as these servers require; errors and debug output do not show it.
// [ErrKeyNotFound] without [ErrUnknownKey] means that the key works and belongs to another
// account.
func (s *APIKeyService) RevokeValue(ctx context.Context, key APIKey, opts ...client.CallOption) error {
	return s.revokeValue(ctx, key, remove("APIKeys.RevokeValue", "api-keys"), opts)
}

// RevokeValueForUser is like [APIKeyService.RevokeValue], but revokes a key of the user
// with this id or e-mail address. It needs [CanManageUsers] and an administrator of the
// server. It also returns [ErrUserNotFound]. Since 1.8.0.
func (s *APIKeyService) RevokeValueForUser(ctx context.Context, idOrEmail UserID, key APIKey, opts ...client.CallOption) error {
	return s.revokeValue(ctx, key, remove("APIKeys.RevokeValueForUser", "users", idOrEmail, "api-keys"), opts)
}

func (s *APIKeyService) revokeValue(ctx context.Context, key APIKey, r request, opts []client.CallOption) error {
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
	name, err := nameOf(ctx, connection, key, opts)
	if err == nil {
		r.Path = append(r.Path, name)
		err = s.delete(ctx, connection, r, opts)
	}
	hideKey(err, key.secret)
	return err
}

// nameOf sends a request with a key to learn how the server names the key in a path: by an
// id, or by the key itself if the response shows that the server has no ids.
func nameOf(ctx context.Context, connection *client.Client, key APIKey, opts []client.CallOption) (string, error) {
	info, err := From(connection, key).APIKeys.Current(ctx, append(slices.Clip(opts), As(key))...)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return "", fmt.Errorf("%w: %w", ErrKeyNotFound, err)
	case err == nil && info.ID != "":
		return string(info.ID), nil
	case err == nil && !info.Key.IsZero(),
		// Servers up to 2.3.4 do not report why they refuse a key. An administrator can
		// revoke the key of a locked account on every version.
		errors.Is(err, ErrUnauthenticated), errors.Is(err, ErrUserDisabled):
		return key.secret.Reveal(), nil
	case err == nil:
		return "", ErrNoKeyID
	}
	return "", err
}

// key adds the id of a key to a path.
func (r request) key(id APIKeyID) request {
	switch {
	case secretForm().MatchString(string(id)):
		return r.refuse(client.Refuse("API key id", "it has the form of an API key: use RevokeValue, so that no address contains the key"))
	case !validKeyID().MatchString(string(id)):
		return r.refuse(client.Refuse("API key id", fmt.Sprintf("%.80q has to be 1 to 100 letters, digits, - or _", id)))
	}
	r.Path = append(r.Path, string(id))
	return r
}

// secretForm is the form of the keys of all known servers.
var secretForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Fa-f]{40}$`) })

// delete sends a request whose successful response is empty. A page instead comes from
// another program, such as a network's login page. The key would then still work.
func (s *APIKeyService) delete(ctx context.Context, c *client.Client, r request, opts []client.CallOption) error {
	if r.err != nil {
		return r.err
	}
	r.Auth = true
	response, err := c.Do(ctx, r.Request, opts...)
	if err != nil {
		return explain(r.Request, err)
	}
	if len(response.Body) > 0 && !json.Valid(response.Body) {
		return response.Unusable(errors.New("it is a page, and a server that revoked a key sends none"))
	}
	return nil
}

// hideKey removes a key from the path that an error shows.
func hideKey(err error, key client.Secret) {
	hide := func(texts ...*string) {
		for _, text := range texts {
			*text = strings.ReplaceAll(*text, key.Reveal(), key.String())
		}
	}
	if e, ok := errors.AsType[*client.Error](err); ok {
		hide(&e.Path, &e.Message, &e.Page)
		for i := range e.Fields {
			hide(&e.Fields[i].Path, &e.Fields[i].Message)
		}
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
