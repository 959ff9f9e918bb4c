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

// What the server's answers mean. The calls return errors that wrap one of
// these and the [*client.Error] with the answer itself. Servers up to 2.3.4
// answer every 401 alike, which is then [ErrUnauthenticated];
// [Client.WhyRefused] finds out more.
var (
	// ErrUnauthenticated is 401 without a known reason. It says nothing about
	// the key: a proxy may have removed it from the request.
	ErrUnauthenticated = errors.New("the server refused the key or the password")
	// ErrUnknownKey is also the answer to a key of another server.
	ErrUnknownKey = errors.New("the server does not know this API key: it was revoked, or another server made it")
	// ErrRevokedOrLocked comes from [Client.WhyRefused], for servers up to 2.3.4.
	// A lock may pass, and then the key works again.
	ErrRevokedOrLocked = errors.New("the server refuses this API key and does not say why, as servers before 2.3.5: " +
		"it was revoked, or its account may not log in now")
	// ErrNotArrived comes from [Client.WhyRefused]. It says nothing about the key.
	ErrNotArrived = errors.New("the API key does not reach the server: a proxy on the way removes the Authorization header")
	// ErrOtherServer comes from [Client.WhyRefused]: another key of the same
	// account is as unknown as this one.
	ErrOtherServer = errors.New("the server knows neither this API key nor the other one of its account: " +
		"another server answers at this address, or both keys were revoked")
	// ErrNotServer is 401 in another form than BTCPay Server's. It says nothing
	// about the key.
	ErrNotServer = errors.New("something else than BTCPay Server refuses the request: " +
		"a proxy asks for a log-in of its own, or another program answers at this address")
	// ErrWrongPassword does not tell a wrong password from an unknown account.
	ErrWrongPassword = errors.New("wrong e-mail address or password: five wrong passwords lock the account for five minutes, with all its keys")
	// ErrThrottled is 401 and not 429.
	ErrThrottled = errors.New("the server takes only a few log-ins by password a minute: wait a minute, or use an API key, which is not throttled")
	// ErrLockedOut is the answer to the attempt that locks the account.
	ErrLockedOut = errors.New("the account is locked for five minutes after five wrong passwords, and its API keys with it")
	// ErrUserDisabled may pass: a lock after wrong passwords looks the same.
	ErrUserDisabled = errors.New("the account behind this key or password may not log in: it is disabled, not confirmed or not approved, " +
		"or locked for five minutes after wrong passwords")
	// ErrBasicDisabled is the answer to a right password as well, since 2.4.2:
	// five minutes after an account was made, Basic works only where its owner
	// allowed it.
	ErrBasicDisabled = errors.New("the account does not allow Basic authentication: use an API key, " +
		"which is made in a browser on the page Account / API Keys or by authorizing an application")
	// ErrSecondFactor is about security keys and wallet log-ins, and up to
	// 2.3.4 and since 2.4.2 about authenticator apps too.
	ErrSecondFactor = errors.New("the account has a second factor, so a password alone does not do: " +
		"log in with a browser and make a key on the page Account / API Keys")
	// ErrNeedsAPIKey means a call works with an API key alone. Nothing was sent.
	ErrNeedsAPIKey = errors.New("this needs an API key, and not an account's password")

	// ErrKeyNotFound also means a key of another person. It is 400 on the
	// wire, and 404 of servers after 2.4.4.
	ErrKeyNotFound = errors.New("the account has no such API key: it was revoked already, or it is another account's")
	// ErrUserNotFound needs a right to be told.
	ErrUserNotFound = errors.New("the server has no such user")
	// ErrInvoiceNotFound comes from servers up to 2.3.9; later ones answer
	// [*PermissionError].
	ErrInvoiceNotFound = errors.New("this store has no invoice with this id")
	// ErrNotMarkable means the invoice's state cannot be set by hand, for
	// instance since it settled by itself. See [Invoice.AvailableStatusesForManualMarking].
	ErrNotMarkable = errors.New("the invoice's state cannot be set to that now")
	// ErrNotArchived means there is nothing to take out of the archive.
	ErrNotArchived = errors.New("the invoice is not archived")
	// ErrStoreLimit means the account may not have more stores.
	ErrStoreLimit = errors.New("the account has as many stores as the server's administrator allows")
	// ErrNoRate means no payment method of the store fits, or there is no
	// exchange rate or no wallet. The server's message has the details.
	ErrNoRate = errors.New("the store cannot make this invoice: no wallet, no payment method that fits, or no exchange rate")
	// ErrNoAPI is 404 without a body: the request did not reach this API, or
	// the server is too old for it.
	ErrNoAPI = errors.New("there is no such call at this address: check the server's address and its path prefix, such as /btcpay, and its version")
	// ErrLoginPage means that a redirect to the log-in came.
	ErrLoginPage = errors.New("the server asks for a log-in: a proxy on the way removes the Authorization header")

	// ErrNotRead means that a change was made, and reading what became of it
	// failed. The change must not be made again.
	ErrNotRead = errors.New("done, but what became of it could not be read")
)

// A PermissionError is 403. The key lacks the permission, or its owner's role
// in the store does not go that far. Since 2.4.0 the server answers the same
// where the store, the invoice or whatever the call names does not exist or
// belongs elsewhere, so that nobody can find out what exists.
type PermissionError struct {
	// Permission is what is missing, with the store where the call names one;
	// empty where the server did not say.
	Permission Permission
	Err        error // the answer
}

func (e *PermissionError) Error() string {
	if e.Permission == "" {
		return fmt.Sprintf("not permitted, or what was asked for does not exist: %v", e.Err)
	}
	text := fmt.Sprintf("the permission %s is missing", e.Permission)
	switch e.Permission.Kind() {
	case StorePermission:
		text += " from the key or from its owner's role in the store; since 2.4.0 this also means that what was asked for does not exist or is another store's"
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

// explain adds what an answer means to the error that holds it.
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
	case answer.Status == http.StatusForbidden && answer.Page == "":
		return &PermissionError{missing(r, answer), err}
	}
	return err
}

// missing is the policy that the server named, for the store of the path.
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

// Codes of single calls, for [client.HasCode].
const (
	CodeAPIKeyNotFound    client.Code = "apikey-not-found"
	CodeUserNotFound      client.Code = "user-not-found"
	CodeStoreNotFound     client.Code = "store-not-found"
	CodeStoreLimitReached client.Code = "store-limit-reached"
	CodeInvoiceNotFound   client.Code = "invoice-not-found"
	CodeAlreadyUnarchived client.Code = "already-unarchived"
)

// codes are the server's own words.
var codes = map[client.Code]error{
	CodeAPIKeyNotFound:    ErrKeyNotFound,
	CodeUserNotFound:      ErrUserNotFound,
	CodeInvoiceNotFound:   ErrInvoiceNotFound,
	CodeAlreadyUnarchived: ErrNotArchived,
	CodeStoreLimitReached: ErrStoreLimit,
}

func meaningOf(r client.Request, answer *client.Error) error {
	switch answer.Status {
	case http.StatusUnauthorized:
		if answer.Code != client.CodeUnauthenticated {
			return ErrNotServer // every version has that code (recordings 11-auth-errors)
		}
		return refusalOf(answer.Message)
	case http.StatusNotFound:
		if answer.Code == "" && answer.Message == "" && answer.Page == "" {
			return ErrNoAPI
		}
	case http.StatusUnprocessableEntity:
		// The same call complains about an unknown word at another path.
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

// refusals are told apart by the texts of a 401, since its code is always the
// same. The order matters: a later text may be a part of an earlier one.
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
	// What follows these is a reason in the server's language.
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

func noRate(message string) bool {
	return strings.Contains(message, "Error retrieving a matching payment method") || strings.Contains(message, "No wallet has been linked")
}
