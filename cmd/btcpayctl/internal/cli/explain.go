package cli

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/signals"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// Explain gives a failure its code and its next step.
func Explain(ctx context.Context, err error) *output.Error {
	if e, ok := errors.AsType[*output.Error](err); ok {
		return e
	}
	if ctx.Err() != nil {
		return &output.Error{Code: StopCode(ctx), What: context.Cause(ctx).Error(), Err: err}
	}
	e := &output.Error{Code: output.Failed, What: err.Error(), Err: err}
	if config, ok := errors.AsType[*profile.Error](err); ok {
		e.Code, e.What, e.Next = output.BadInput, "the configuration cannot be used: "+config.Error(), config.Hint
		if config.Disk {
			e.Code = output.Failed
		}
		return e
	}
	if secret, ok := errors.AsType[*keystore.Error](err); ok {
		e.Code, e.Next = keystoreCode(err), secret.Hint
		if secret.Backend == "file" && (errors.Is(err, keystore.ErrWrongPassphrase) || errors.Is(err, fs.ErrNotExist)) && errors.Is(err, keystore.ErrPassphrase) {
			e.Why = "If it is lost, so are the keys in this keystore. Invoices and money on the server are not, nor are profiles, backups and other keystores."
			e.Next += "\nwith a backup: btcpayctl keystore restore FILE" +
				"\nwithout one, for each BitId key: btcpayctl key generate --profile NAME --replace\nthen btcpayctl pair client --profile NAME" +
				"\nand for each API key: btcpayctl authorize --profile NAME --for \"invoice create\" --store ID"
		}
		return e
	}
	// The first that knows the failure fills in the rest.
	_ = explainRefused(e) || explainGreenfield(e) || explainNamed(e, meanings) || explainAnswer(e) || explainInput(e)
	return e
}

func keystoreCode(err error) output.Code {
	switch {
	case errors.Is(err, keystore.ErrNotFound):
		return output.SecretMissing
	case errors.Is(err, keystore.ErrLocked), errors.Is(err, keystore.ErrDenied),
		errors.Is(err, keystore.ErrDismissed), errors.Is(err, keystore.ErrPassphrase):
		return output.KeystoreLocked
	case errors.Is(err, keystore.ErrDamaged), errors.Is(err, keystore.ErrVersion):
		return output.KeystoreDamaged
	}
	return output.KeystoreUnusable
}

// A meaning is a failure the SDK has a name for.
type meaning struct {
	err  error
	code output.Code
	next string
}

// explainNamed looks a failure up in a table and reports whether it found it. The first
// line of its text is the what; the server's own words follow as the why.
func explainNamed(e *output.Error, table []meaning) bool {
	for _, known := range table {
		if !errors.Is(e.Err, known.err) {
			continue
		}
		e.Code, e.Next = known.code, known.next
		e.What = known.err.Error()
		if answer, ok := errors.AsType[*client.Error](e.Err); ok {
			e.Status = answer.Status
			e.Why, e.Server = reported(answer)
		}
		return true
	}
	return false
}

const seePairing = "check --server, with its path prefix\nand see: btcpayctl help pairing"

// meanings are those of the BitPay-compatible API and of the connection.
var meanings = []meaning{
	{bitpay.ErrNotPaired, output.NotPaired, "btcpayctl pair status\nthen btcpayctl pair client"},
	{bitpay.ErrForbidden, output.NoCredential, "btcpayctl pair client --profile NAME\nthen the same command with --profile NAME"},
	{bitpay.ErrReusedKey, output.ReusedKey, "btcpayctl key generate --profile OTHER\nthen btcpayctl pair client --profile OTHER"},
	{bitpay.ErrPairingExpired, output.PairingCodeExpired, "run the same command for a new code"},
	{bitpay.ErrCodeTaken, output.PairingTaken, "revoke the other key's token on the store's page Access Tokens, and run the same command"},
	{bitpay.ErrCodeUnknown, output.NotFound, "copy the code again, or make a new one on the store's Access Tokens page"},
	{bitpay.ErrInvoiceNotFound, output.NotFound, "btcpayctl invoice list"},
	{bitpay.ErrNoWallet, output.Refused, "open the store's settings, connect a wallet, and run the same command"},
	{bitpay.ErrNoPaymentMethod, output.Refused, "check the store's payment methods, and btcpayctl rate get"},
	{bitpay.ErrExpiryTooSoon, output.Invalid, "date -u, and a later --expires"},
	{bitpay.ErrNoAPI, output.NotFound, "check --server, with its path prefix"},
	{bitpay.ErrNotArrived, output.Refused, throughProxy},
	{bitpay.ErrLoginPage, output.Redirected, throughProxy},
	{bitpay.ErrUnknownLegacyKey, output.BadCredential, "btcpayctl pair client --profile shop\nthen the same command with --profile shop"},
	{bitpay.ErrUnauthenticated, output.BadCredential, seePairing},
	{bitpay.ErrNoRate, output.NotFound, "check the store's rate rules, or ask for another pair"},
	{bitpay.ErrNoPairs, output.Invalid, "btcpayctl rate get BTC_USD"},
	{bitpay.ErrPairFormat, output.Invalid, "btcpayctl rate get BTC_USD"},
	{bitpay.ErrStoreNotFound, output.NotFound, "check --store"},
	{bitpay.ErrNoIdentity, output.NoCredential, "btcpayctl key generate"},
	{bitpay.ErrNoCredential, output.NoCredential, "btcpayctl pair client --profile shop"},
	{client.ErrProxy, output.BadInput, "export HTTPS_PROXY=http://proxy.example.com:3128\nor unset the variable"},
	{client.ErrOnion, output.Network, "export HTTP_PROXY=socks5h://127.0.0.1:9050 HTTPS_PROXY=socks5h://127.0.0.1:9050"},
}

func explainAnswer(e *output.Error) bool {
	if answer, ok := errors.AsType[*client.Error](e.Err); ok {
		e.Status, e.Code = answer.Status, codeOf(answer)
		sentence, server := reported(answer)
		if before, found := strings.CutSuffix(e.What, answer.Error()); found {
			e.What = shortened(before+sentence, maxSentence)
		}
		e.Server = server
		if answer.MissingPermission != "" {
			e.Why = "It lacks " + answer.MissingPermission + "."
		}
		e.Next = nextAfter[e.Code]
		return true
	}
	if redirect, ok := errors.AsType[*client.RedirectError](e.Err); ok {
		e.Code, e.Status = output.Redirected, redirect.Status
		e.Next = "give the final address with --server"
		return true
	}
	if answer, ok := errors.AsType[*client.AnswerError](e.Err); ok {
		e.Code, e.Status = output.BadAnswer, answer.Status
		e.Next = "check --server: is it BTCPay Server that answers there?"
		return true
	}
	if network, ok := errors.AsType[*client.NetworkError](e.Err); ok {
		explainNetwork(e, network)
		return true
	}
	return false
}

// nextAfter is for answers whose text the SDK has no name for.
var nextAfter = map[output.Code]string{
	output.ServerError:       "try again later; --debug shows the request and the response, and the server's log may say more",
	output.BadCredential:     seePairing,
	output.MissingPermission: "check with profile show which key is used, and its permissions in the store",
	output.NotFound:          "check the id, and with profile show the server",
	output.Invalid:           "correct the value, and run the same command",
	output.Refused:           "--debug shows the request and the response",
}

func codeOf(answer *client.Error) output.Code {
	switch {
	case answer.Status >= 500:
		return output.ServerError
	case answer.Status == 401:
		return output.BadCredential
	case answer.Status == 403:
		return output.MissingPermission
	case answer.Status == 404:
		return output.NotFound
	case len(answer.Fields) > 0:
		return output.Invalid
	}
	return output.Refused
}

func explainInput(e *output.Error) bool {
	if request, ok := errors.AsType[*client.RequestError](e.Err); ok && !errors.Is(e.Err, client.ErrPath) {
		e.Code, e.What, e.Why = output.BadInput, request.Error(), "Nothing was sent."
		e.Next = "correct it, and run the same command"
		return true
	}
	switch {
	case errors.Is(e.Err, client.ErrServer), errors.Is(e.Err, client.ErrPath):
		e.Code = output.Usage
		e.Next = "--server https://btcpay.example.com"
	case errors.Is(e.Err, fs.ErrNotExist), errors.Is(e.Err, fs.ErrPermission), errors.Is(e.Err, fs.ErrExist):
		e.Code = output.BadInput
	default:
		return false
	}
	return true
}

// LostCode is the code of a command that does not know what became of its request.
func LostCode(ctx context.Context) output.Code {
	if ctx.Err() != nil {
		return StopCode(ctx)
	}
	return output.UnknownOutcome
}

// StopCode is the code of a command whose context has ended: that of the signal which
// ended it.
func StopCode(ctx context.Context) output.Code {
	if stopped, ok := errors.AsType[*signals.Stopped](context.Cause(ctx)); ok {
		return output.StoppedBy(stopped.Exit())
	}
	return output.Interrupted
}
