package greenfield

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// The meanings of the server's responses. The calls return errors that wrap one of these
// and the [*client.Error] with the response itself. Servers up to 2.3.4 send the same
// response for every 401, which is then [ErrUnauthenticated]; [Client.WhyRefused] finds
// out more.
var (
	// ErrUnauthenticated is 401 without a known reason. It says nothing about the key: a
	// proxy may have removed it from the request.
	ErrUnauthenticated = errors.New("the server refused the key or the password")
	// ErrUnknownKey is also the response to a key of another server.
	ErrUnknownKey = errors.New("the server does not know this API key: it was revoked, or another server made it")
	// ErrRevokedOrLocked comes from [Client.WhyRefused], for servers up to 2.3.4. A lock
	// may end, and then the key works again.
	ErrRevokedOrLocked = errors.New("the server refuses this API key and does not say why, as servers before 2.3.5: " +
		"it was revoked, or its account may not log in now")
	// ErrNotArrived comes from [Client.WhyRefused]. It says nothing about the key.
	ErrNotArrived = errors.New("the API key does not reach the server: a proxy on the way removes the Authorization header")
	// ErrOtherServer comes from [Client.WhyRefused]: the server knows neither this key
	// nor another key of the same account.
	ErrOtherServer = errors.New("the server knows neither this API key nor the other one of its account: " +
		"another server answers at this address, or both keys were revoked")
	// ErrNotServer is a 401 or 403 that does not have BTCPay Server's form. It says nothing
	// about the key.
	ErrNotServer = client.ErrNotServer
	// ErrWrongPassword does not distinguish a wrong password from an unknown account.
	ErrWrongPassword = errors.New("wrong e-mail address or password: five wrong passwords lock the account for five minutes, with all its keys")
	// ErrThrottled is 401, not 429.
	ErrThrottled = errors.New("the server takes only a few log-ins by password a minute: wait a minute, or use an API key, which is not throttled")
	// ErrLockedOut is the response to the attempt that locks the account.
	ErrLockedOut = errors.New("the account is locked for five minutes after five wrong passwords, and its API keys with it")
	// ErrUserDisabled may be temporary: a lock after wrong passwords looks the same.
	ErrUserDisabled = errors.New("the account behind this key or password may not log in: it is disabled, not confirmed or not approved, " +
		"or locked for five minutes after wrong passwords")
	// ErrBasicDisabled is also the response to a correct password, since 2.4.2: starting
	// five minutes after an account was created, Basic works only if its owner allowed
	// it.
	ErrBasicDisabled = errors.New("the account does not allow Basic authentication: use an API key, " +
		"which is made in a browser on the page Account / API Keys or by authorizing an application")
	// ErrSecondFactor is about security keys and wallet log-ins. Up to 2.3.4 and since
	// 2.4.2 it is also about authenticator apps.
	ErrSecondFactor = errors.New("the account has a second factor, so its password is not enough: " +
		"log in with a browser and make a key on the page Account / API Keys")
	// ErrNeedsAPIKey means that a call works only with an API key. Nothing was sent.
	ErrNeedsAPIKey = errors.New("this needs an API key, and not an account's password")

	// ErrKeyNotFound does not show that a key was revoked: it also means a key of another
	// account, or a wrong id. The server's status is 400, and 404 on servers after 2.4.4.
	ErrKeyNotFound = errors.New("the account has no such API key: it was revoked already, or it is another account's")
	// ErrNoKeyID means that the server returns neither a key nor an id of it, so that the
	// key can only revoke itself. Nothing was revoked.
	ErrNoKeyID = errors.New("the server does not return the API key's id: only the key itself can revoke it")
	// ErrUserNotFound is returned only to a caller who has the required permission.
	ErrUserNotFound = errors.New("the server has no such user")
	// ErrInvoiceNotFound comes from servers up to 2.3.9; for later ones the error is a
	// [*PermissionError].
	ErrInvoiceNotFound = errors.New("this store has no invoice with this id")
	// ErrWebhookNotFound comes from servers up to 2.3.9, and later for a webhook that was
	// deleted a short time ago; otherwise the error is a [*PermissionError].
	ErrWebhookNotFound = errors.New("this store has no webhook with this id")
	// ErrWebhookDeliveryNotFound also means that the webhook was deleted, or that the
	// delivery was not attempted yet.
	ErrWebhookDeliveryNotFound = errors.New("this webhook has no delivery with this id")
	// ErrWebhookDeliveryPruned means that the server no longer has the body of the
	// delivery, which it keeps for 60 days.
	ErrWebhookDeliveryPruned = errors.New("the server no longer has the body of this delivery, which it keeps for 60 days")
	// ErrNotMarkable means that the invoice's state cannot be set manually, for instance
	// because the invoice has already settled. See
	// [Invoice.AvailableStatusesForManualMarking].
	ErrNotMarkable = errors.New("the invoice's state cannot be set to that now")
	// ErrNotArchived means that the invoice is not in the archive.
	ErrNotArchived = errors.New("the invoice is not archived")
	// ErrStoreLimit means that the account may not have more stores.
	ErrStoreLimit = errors.New("the account has as many stores as the server's administrator allows")
	// ErrNoRate means that no payment method of the store fits, or that there is no
	// exchange rate or no wallet. The server's message has the details.
	ErrNoRate = errors.New("the store cannot make this invoice: no wallet, no payment method that fits, or no exchange rate")
	// ErrNoAPI is 404 without a body, or with a page: the request did not reach this API, or
	// the server is too old for it.
	ErrNoAPI = errors.New("there is no such call at this address: check the server's address and its path prefix, such as /btcpay, and its version")
	// ErrLoginPage means that the response is a redirect to the log-in page.
	ErrLoginPage = errors.New("the server asks for a log-in: a proxy on the way removes the Authorization header")

	// ErrNotRead means that a change was made, but reading the result failed. The caller
	// must not repeat the change.
	ErrNotRead = errors.New("done, but the result could not be read")
)

// A PermissionError is 403. The key lacks the permission, or its owner's role in the
// store does not include it. Since 2.4.0 the server sends the same response if the store,
// the invoice or another thing that the call names does not exist or belongs to another
// store, so that callers cannot find out what exists.
type PermissionError struct {
	// Permission is the missing permission, with its store if the call names one. It is
	// empty if the server did not name the permission.
	Permission Permission
	Err        error // the response
}

func (e *PermissionError) Error() string {
	if e.Permission == "" {
		return fmt.Sprintf("not permitted, or the resource does not exist: %v", e.Err)
	}
	text := fmt.Sprintf("the permission %s is missing", e.Permission)
	if answer, ok := errors.AsType[*client.Error](e.Err); ok {
		text = fmt.Sprintf("%s %s: %d: %s", answer.Method, answer.Path, answer.Status, text)
	}
	switch e.Permission.Kind() {
	case StorePermission:
		text += " from the key or from its owner's role in the store; since 2.4.0 this also means that the resource does not exist or belongs to another store"
	case ServerPermission:
		text += " from the key, or its owner is no administrator of the server"
	default:
		text += " from the key"
	}
	return text
}

func (e *PermissionError) Unwrap() error { return e.Err }

// LogValue implements [slog.LogValuer].
func (e *PermissionError) LogValue() slog.Value {
	return slog.GroupValue(append([]slog.Attr{slog.String("permission", string(e.Permission))}, client.LogAttrs(e.Err)...)...)
}

// explain wraps the error of a response with its meaning.
func explain(r client.Request, err error) error {
	if redirect, ok := errors.AsType[*client.RedirectError](err); ok && redirect.Login {
		return client.Explain(ErrLoginPage, err)
	}
	answer, ok := errors.AsType[*client.Error](err)
	if !ok {
		return err
	}
	switch meaning := meaningOf(r, answer); {
	case meaning != nil:
		return client.Explain(meaning, err)
	case answer.Status == http.StatusForbidden:
		return &PermissionError{missing(r, answer), err}
	}
	return err
}

// missing returns the policy that the server named, for the store in the path.
func missing(r client.Request, answer *client.Error) Permission {
	p, err := ParsePermission(answer.MissingPermission)
	if err != nil {
		return ""
	}
	if i := slices.Index(r.Path, "stores"); i >= 0 && i+1 < len(r.Path) {
		return p.ForStore(StoreID(r.Path[i+1]))
	}
	return p
}

// Codes that only some calls return, for [client.HasCode].
const (
	CodeAPIKeyNotFound    client.Code = "apikey-not-found"
	CodeUserNotFound      client.Code = "user-not-found"
	CodeStoreNotFound     client.Code = "store-not-found"
	CodeStoreLimitReached client.Code = "store-limit-reached"
	CodeInvoiceNotFound   client.Code = "invoice-not-found"
	CodeAlreadyUnarchived client.Code = "already-unarchived"
	CodeWebhookNotFound   client.Code = "webhook-not-found"

	CodeWebhookDeliveryNotFound client.Code = "webhookdelivery-not-found"
	CodeWebhookDeliveryPruned   client.Code = "webhookdelivery-pruned"
)

// codes are the meanings of the server's own codes.
var codes = map[client.Code]error{
	CodeAPIKeyNotFound:    ErrKeyNotFound,
	CodeUserNotFound:      ErrUserNotFound,
	CodeInvoiceNotFound:   ErrInvoiceNotFound,
	CodeAlreadyUnarchived: ErrNotArchived,
	CodeStoreLimitReached: ErrStoreLimit,
	CodeWebhookNotFound:   ErrWebhookNotFound,

	CodeWebhookDeliveryNotFound: ErrWebhookDeliveryNotFound,
	CodeWebhookDeliveryPruned:   ErrWebhookDeliveryPruned,
}

func meaningOf(r client.Request, answer *client.Error) error {
	switch answer.Status {
	case http.StatusUnauthorized:
		if answer.Code != client.CodeUnauthenticated {
			return ErrNotServer // every version sends that code (recordings 11-auth-errors)
		}
		return refusalOf(answer.Message)
	case http.StatusForbidden:
		if answer.Page != "" || answer.Message != "" && answer.Code == "" && answer.MissingPermission == "" {
			return ErrNotServer
		}
	case http.StatusNotFound:
		if answer.Code == "" && answer.Message == "" {
			return ErrNoAPI
		}
	case http.StatusUnprocessableEntity:
		// The same call reports an unknown status under another path.
		if r.Path[len(r.Path)-1] == "status" && len(answer.Fields) == 1 && answer.Fields[0].Path == "Status" {
			return ErrNotMarkable
		}
	case http.StatusBadRequest:
		if answer.Code == client.CodeGenericError && noRate(answer.Message) {
			return ErrNoRate
		}
	}
	return codes[answer.Code]
}

// refusals identify a 401 by its text, since its code is always the same. The order
// matters: a later text may be a part of an earlier one.
var refusals = []struct {
	text string
	err  error
}{
	{"unknown api key", ErrUnknownKey},
	{"rate limited", ErrThrottled},
	{"multi-factor", ErrSecondFactor},
	{"requirestwofactor", ErrSecondFactor},
	{"basic authentication for the greenfield api is not enabled", ErrBasicDisabled},
	{"user not found or invalid password", ErrWrongPassword},
	{"was not in a correct format", ErrUnauthenticated},
	// A reason in the server's language follows these texts.
	{"apikey authentication failed:", ErrUserDisabled},
	{"basic authentication failed:", ErrUserDisabled},
}

func refusalOf(message string) error {
	message = strings.ToLower(message)
	switch message {
	case "failed":
		return ErrWrongPassword
	case "lockedout":
		return ErrLockedOut
	}
	for _, known := range refusals {
		if strings.Contains(message, known.text) {
			return known.err
		}
	}
	return ErrUnauthenticated
}

// noRate reports whether a text is about an invoice that no payment method fits. The second
// one is that of servers up to 2.0.8.
func noRate(message string) bool {
	return strings.Contains(message, "none of them match any of the requested payment methods") || strings.Contains(message, "Error retrieving a matching payment method") || strings.Contains(message, "No wallet has been linked")
}
