package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// Flags are what every command that talks to a server takes. The zero value of
// a member means that the flag was not given.
type Flags struct {
	Server    string
	Store     string
	Timeout   time.Duration
	AllowHTTP bool
	CAFile    string
	Debug     bool
	DryRun    bool
}

// Environment variables, the alias after its own name.
var (
	serverVariables = []string{"BTCPAYCTL_SERVER", "BTCPAY_SERVER"}
	storeVariables  = []string{"BTCPAYCTL_STORE", "BTCPAY_STORE"}
)

const privateKeyVariable = "BTCPAYCTL_PRIVATE_KEY_FILE"

// maxKeyFile is far more than any form of a private key needs.
const maxKeyFile = 64 << 10

func (a *App) setting(flag string, variables []string) string {
	if flag != "" {
		return flag
	}
	for _, name := range variables {
		if value := a.Getenv(name); value != "" {
			return value
		}
	}
	return ""
}

// Store is the store's id from the flag or the environment, or empty.
func (a *App) Store(f Flags) string { return a.setting(f.Store, storeVariables) }

// Server is the address from the flag or the environment.
func (a *App) Server(f Flags) (string, error) {
	if server := a.setting(f.Server, serverVariables); server != "" {
		return server, nil
	}
	return "", &output.Error{Code: output.Usage, What: "no server is given",
		Next: "--server https://btcpay.example.com, or export BTCPAYCTL_SERVER=https://btcpay.example.com"}
}

// Identity reads the BitId key that the environment names.
func (a *App) Identity() (*bitpay.Identity, error) {
	path := a.Getenv(privateKeyVariable)
	if path == "" {
		return nil, &output.Error{Code: output.NoCredential, What: "no BitId key is given",
			Why: privateKeyVariable + " names the file of a private key.", Next: "btcpayctl key generate --output-file shop.key, then export " + privateKeyVariable + "=shop.key"}
	}
	imported, err := a.ReadKeyFile(path)
	if err != nil {
		return nil, err
	}
	return imported.Identity, nil
}

// ReadKeyFile reads a private key from a file, or from standard input for "-".
func (a *App) ReadKeyFile(path string) (bitpay.Imported, error) {
	source := a.In
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return bitpay.Imported{}, &output.Error{Code: output.BadInput, What: "the private key cannot be read", Why: err.Error(), Err: err}
		}
		defer file.Close()
		source = file
	} else {
		path = "standard input"
	}
	data, err := io.ReadAll(io.LimitReader(source, maxKeyFile+1))
	defer clear(data)
	if err == nil && len(data) > maxKeyFile {
		err = fmt.Errorf("it has more than %d bytes", maxKeyFile)
	}
	var imported bitpay.Imported
	if err == nil {
		imported, err = bitpay.ParsePrivateKey(data)
	}
	if err != nil {
		return imported, &output.Error{Code: output.BadInput, What: "there is no usable private key in " + path, Why: err.Error(),
			Next: "btcpayctl key import --help lists the forms that are read", Err: err}
	}
	if imported.Warning != "" {
		fmt.Fprintln(a.Err, "warning:", output.VisibleLine(imported.Warning))
	}
	return imported, nil
}

// Options are the options of the client that the flags ask for.
func (a *App) Options(f Flags) ([]client.Option, error) {
	options := []client.Option{client.WithUserAgent("btcpayctl/" + a.Version)}
	timeout := f.Timeout
	if text := a.Getenv("BTCPAYCTL_TIMEOUT"); timeout == 0 && text != "" {
		var err error
		if timeout, err = time.ParseDuration(text); err != nil || timeout <= 0 {
			return nil, &output.Error{Code: output.Usage, What: fmt.Sprintf("BTCPAYCTL_TIMEOUT is %q, which is no duration", text),
				Next: "export BTCPAYCTL_TIMEOUT=30s", Err: err}
		}
	}
	if timeout > 0 {
		options = append(options, client.WithTimeout(timeout))
	}
	if f.AllowHTTP {
		options = append(options, client.WithAllowHTTP())
	}
	if f.CAFile != "" {
		options = append(options, client.WithCAFile(f.CAFile))
	}
	if f.Debug || a.Getenv("BTCPAYCTL_DEBUG") != "" {
		options = append(options, client.WithDebug(a.Err))
	}
	if f.DryRun {
		options = append(options, client.WithDryRun(a.showDryRun))
	}
	return options, nil
}

// BitPay makes a client of the BitPay-compatible API. Without a key it is
// anonymous where a store is named.
func (a *App) BitPay(f Flags) (*bitpay.Client, error) {
	var credential client.Credential
	identity, err := a.Identity()
	switch {
	case err == nil:
		credential = identity
	case a.Store(f) != "" && a.Getenv(privateKeyVariable) == "":
		credential = bitpay.Anonymous{StoreID: a.Store(f)}
	default:
		return nil, err
	}
	return a.BitPayAs(f, credential)
}

// BitPayAs makes a client with a credential.
func (a *App) BitPayAs(f Flags, credential client.Credential) (*bitpay.Client, error) {
	server, err := a.Server(f)
	if err != nil {
		return nil, err
	}
	options, err := a.Options(f)
	if err != nil {
		return nil, err
	}
	c, err := bitpay.New(server, credential, options...)
	if errors.Is(err, client.ErrServer) {
		return nil, &output.Error{Code: output.Usage, What: err.Error(), Next: "--server https://btcpay.example.com", Err: err}
	}
	return c, err
}
