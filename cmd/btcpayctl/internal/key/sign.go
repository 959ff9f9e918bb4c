package key

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// maxSigned is far more than the body of any BTCPay Server call.
const maxSigned = 8 << 20

type signatureRecord struct {
	SIN       string `json:"sin"`
	PublicKey string `json:"publicKey"`
	Signature string `json:"signature"`
}

func newKeySign(a *app.App) *cobra.Command {
	var flags app.Flags
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "Sign standard input",
		Long: `Sign the bytes of standard input the way a request is signed: ECDSA over one SHA-256,
in hex of strict DER, with a low S. For a request, the bytes are its absolute URL
followed by its body, with nothing between them and no line end.`,
		Example: `  printf %s 'https://btcpay.example.com/tokens' | btcpayctl key sign -o json`,
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			id, err := a.Identity(cmd.Context(), flags)
			if err != nil {
				return err
			}
			message, err := readMessage(a)
			if err != nil {
				return err
			}
			return output.One(p, signatureView, signatureRecord{id.SIN(), id.PublicKey(), id.Sign(message)})
		},
	}
	cli.AddProfileFlag(cmd, &flags)
	cli.Shows(cmd, signatureView)
	return cmd
}

func newKeyVerify(a *app.App) *cobra.Command {
	var strict bool
	cmd := &cobra.Command{
		Use:   "verify PUBLIC-KEY SIGNATURE",
		Short: "Verify a signature over standard input",
		Long: `Verify a signature over the bytes of standard input. The exit code is 0 if it is valid
and 10 if not.`,
		Example: `  printf %s "$url" | btcpayctl key verify "$public" "$signature" --strict`,
		Args:    cli.Arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := cli.Printer(a, cmd)
			if err != nil {
				return err
			}
			public, err := bitpay.ParsePublicKey(args[0])
			if err != nil {
				return &output.Error{Code: output.BadInput, What: "the public key cannot be used", Why: err.Error(), Next: "btcpayctl key show", Err: err}
			}
			message, err := readMessage(a)
			if err != nil {
				return err
			}
			verify := public.Verify
			if strict {
				verify = public.VerifyStrict
			}
			if err := verify(message, args[1]); err != nil {
				return &output.Error{Code: output.WrongSignature, What: err.Error(),
					Next: "compare the signed text byte for byte with that of a request: btcpayctl invoice list --dry-run", Err: err}
			}
			fmt.Fprintln(a.Err, "The signature is valid.")
			return output.One(p, verifiedView, verifiedRecord{public.SIN(), public.String(), true})
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "also reject a high S")
	cli.Shows(cmd, verifiedView)
	return cmd
}

type verifiedRecord struct {
	SIN       string `json:"sin"`
	PublicKey string `json:"publicKey"`
	Valid     bool   `json:"valid"` // always true: a failure prints no record
}

var verifiedView = output.View[verifiedRecord]{
	Columns: []output.Column[verifiedRecord]{
		{Title: "SIN", Fit: output.FitMiddle, Value: func(r verifiedRecord) string { return r.SIN }},
		{Title: "VALID", Value: func(r verifiedRecord) string { return cli.YesNo(r.Valid) }},
	},
	Name: func(r verifiedRecord) string { return r.SIN },
}

func readMessage(a *app.App) ([]byte, error) {
	message, err := io.ReadAll(io.LimitReader(a.In, maxSigned+1))
	if err == nil && len(message) > maxSigned {
		err = fmt.Errorf("it has more than %d bytes", maxSigned)
	}
	if err != nil {
		return nil, &output.Error{Code: output.BadInput, What: "standard input cannot be read", Why: err.Error(), Err: err}
	}
	return message, nil
}

var signatureView = output.View[signatureRecord]{
	Columns: []output.Column[signatureRecord]{
		{Title: "SIGNATURE", Fit: output.FitBelow, Value: func(r signatureRecord) string { return r.Signature }},
	},
	Name: func(r signatureRecord) string { return r.Signature },
}
