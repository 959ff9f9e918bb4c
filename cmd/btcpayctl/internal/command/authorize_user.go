package command

import (
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// unexpectedUser refuses a key that is not proven to be the expected person's. The
// page posts a user's id as well, but through a browser, where anybody could write
// it; only the server's answer to the key itself counts.
func unexpectedUser(email string, proof greenfield.Proof) *output.Error {
	switch {
	case email == "" || proof.User != nil && sameEmail(email, proof.User.Email):
		return nil
	case proof.User == nil:
		return &output.Error{Code: output.MissingPermission, What: "whose key it is cannot be told, and --expect-user names " + email,
			Why: "The key may not read its owner's profile (btcpay.user.canviewprofile).", Next: "run the same command again, and grant all that the page asks for"}
	}
	return &output.Error{Code: output.BadCredential, What: fmt.Sprintf("the key belongs to %s, and --expect-user names %s", proof.User.Email, email),
		Next: "log out on the server, and run the same command again, logged in as " + email}
}

// sameEmail compares addresses as servers do that make capitals of all letters. Of
// other letters than ASCII's only the same are alike: some look like others.
func sameEmail(a, b string) bool {
	lower := func(text string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' {
				return r + 'a' - 'A'
			}
			return r
		}, strings.TrimSpace(text))
	}
	return lower(a) == lower(b)
}

// checkExpectedUser refuses what can be no account's address, before anybody is
// asked.
func (c *authorization) checkExpectedUser() error {
	c.expectUser = strings.TrimSpace(c.expectUser)
	name, host, found := strings.Cut(c.expectUser, "@")
	if c.expectUser == "" || found && name != "" && host != "" && !strings.ContainsAny(c.expectUser, " \t") {
		return nil
	}
	return &output.Error{Code: output.Usage, What: fmt.Sprintf("--expect-user is %.80q, which is no e-mail address", c.expectUser),
		Why: "Nothing was sent.", Next: "--expect-user alice@example.com"}
}
