package cli

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// WriteSecret makes a file that is either not there or whole: it gets its name
// only after its content is on the disk.
func WriteSecret(name string, secret client.Secret) error {
	err := durable.WriteNamed(name, []byte(strings.TrimSuffix(secret.Reveal(), "\n")+"\n"), true)
	if err == nil {
		return nil
	}
	return CannotWrite("the key", name, err)
}

// CannotWrite explains why a new file was not written. what names its content.
func CannotWrite(what, name string, err error) error {
	e := &output.Error{Code: output.BadInput, What: what + " cannot be written to " + name, Why: err.Error(), Err: err, Next: "check the directory, or name another file"}
	switch {
	case errors.Is(err, fs.ErrExist):
		e.Why, e.Next = "The file exists. An overwritten key cannot be recovered.", "name a new file"
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, durable.ErrName):
		e.Code = output.KeystoreUnusable
	}
	return e
}

// MaxPaste is far more than any key with what people paste around it.
const MaxPaste = 4 << 10
