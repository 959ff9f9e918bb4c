package webhook

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// A secretText is the secret of a webhook in the forms that requests and signatures need.
type secretText struct {
	sent client.SentSecret
	sign webhook.Secret
}

func (s secretText) text() string { return s.sent.Secret().Reveal() }

// newSecretText checks a secret and keeps it out of what --debug shows.
func newSecretText(a *app.App, text, shown string) (secretText, error) {
	sign, err := webhook.NewSecret(text)
	if err != nil {
		return secretText{}, &output.Error{Code: output.BadInput, What: shown + " has no usable secret", Why: err.Error() + ". Nothing was sent.",
			Next: "use at least 8 characters, better 20 random ones", Err: err}
	}
	secret := client.NewSecret(text)
	a.Conceal(secret)
	return secretText{client.NewSentSecret(secret), sign}, nil
}

// randomSecret generates a secret of 130 bits.
func randomSecret(a *app.App) (secretText, error) {
	return newSecretText(a, rand.Text(), "the generated text")
}

// readSecret reads a secret from a file, or standard input for "-". One line end at its end
// is not part of it.
func readSecret(a *app.App, file string) (secretText, error) {
	shown := shownFile(file)
	data, err := a.ReadSecretFile(file)
	if err != nil {
		return secretText{}, &output.Error{Code: output.BadInput, What: "the secret cannot be read from " + shown, Why: err.Error() + ". Nothing was sent.", Next: "check the name of the file", Err: err}
	}
	defer clear(data)
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	return newSecretText(a, text, shown)
}

// shownFile is how messages name a file.
func shownFile(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// environmentSecret reads the secret from the environment. The second result reports
// whether there is one.
func environmentSecret(a *app.App) (secretText, bool, error) {
	given, err := a.Variable(app.WebhookSecretVariable)
	if err != nil || given.Source == "" {
		return secretText{}, false, err
	}
	secret, err := newSecretText(a, given.Text, given.Source)
	return secret, err == nil, err
}

// A newSecret says where the secret of a webhook comes from, and where a generated one goes.
type newSecret struct {
	app          *app.App
	file, output string
	reveal, yes  bool

	given   bool // it was not generated
	written bool
}

func (s *newSecret) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.file, "secret-file", "", "`file` with the secret; - is standard input")
	cmd.Flags().StringVar(&s.output, "output-file", "", "generate a secret and write it to this new `file`")
	cmd.Flags().BoolVar(&s.reveal, "reveal", false, "generate a secret and print it")
	cmd.Flags().BoolVar(&s.yes, "yes", false, "with --reveal, print the secret even if standard output is not a terminal")
}

// check refuses flags that contradict each other, and a file that cannot be created.
func (s *newSecret) check() error {
	chosen := 0
	for _, given := range []bool{s.file != "", s.output != "", s.reveal} {
		if given {
			chosen++
		}
	}
	environment, err := s.app.Variable(app.WebhookSecretVariable)
	switch {
	case err != nil:
		return err
	case chosen > 1:
		return &output.Error{Code: output.Usage, What: "--secret-file, --output-file and --reveal exclude each other", Why: "Nothing was sent.", Next: "give one of them"}
	case chosen == 0 && environment.Source == "":
		return &output.Error{Code: output.Usage, What: "no secret is given, and no place for a generated one",
			Why:  "The server shows the secret of a webhook once, and its receiver needs it. Nothing was sent.",
			Next: "--output-file webhook.secret, to generate one\nor --secret-file FILE, or export " + app.WebhookSecretVariable + "=SECRET"}
	case s.reveal && !s.yes && !s.app.IsTerminal(s.app.Out):
		return &output.Error{Code: output.Usage, What: "standard output is not a terminal, and a secret printed there may be logged", Why: "Nothing was sent.",
			Next: "--output-file webhook.secret, or --reveal --yes to print it all the same"}
	case s.output != "":
		if err := durable.CheckNamed(s.output); err != nil {
			return &output.Error{Code: output.BadInput, What: "the secret cannot be written to " + s.output, Why: err.Error() + ". Nothing was sent.", Next: "choose a new file in a directory where you can create files", Err: err}
		}
	}
	return nil
}

// read returns the secret. A generated one is written to its file before it is used.
func (s *newSecret) read(dryRun bool) (secretText, error) {
	if s.file != "" {
		s.given = true
		return readSecret(s.app, s.file)
	}
	if s.output == "" && !s.reveal {
		secret, _, err := environmentSecret(s.app)
		s.given = true
		return secret, err
	}
	secret, err := randomSecret(s.app)
	if err != nil || s.output == "" || dryRun {
		return secret, err
	}
	if err := durable.WriteNamed(s.output, []byte(secret.text()+"\n"), true); err != nil {
		return secretText{}, cli.CannotWrite("the secret", s.output, err)
	}
	s.written = true
	return secret, nil
}

// takeBack removes the file of a secret that no webhook has.
func (s *newSecret) takeBack() {
	if s.written {
		_ = os.Remove(s.output)
	}
}

// finish adds the place of the secret to a record, and returns how to print it.
func (s *newSecret) finish(r record, secret secretText) (record, output.View[record]) {
	switch {
	case s.reveal:
		r.Secret = secret.text()
		if s.app.Getenv("GITHUB_ACTIONS") != "" {
			io.WriteString(s.app.Err, "::add-mask::"+r.Secret+"\n")
		}
		return r, revealedView
	case s.output != "":
		r.SecretFile = s.output
		fmt.Fprintf(s.app.Err, "The secret is in %s, readable only by you. The receiver needs it.\n", output.VisibleLine(s.output))
	}
	return r, view
}

// sample is a record with the fields that a command's records have.
func (s *newSecret) sample() record {
	r := record{Events: []string{"InvoiceSettled"}, SecretFile: s.output}
	if s.reveal {
		r.Secret = "-"
	}
	return r
}
