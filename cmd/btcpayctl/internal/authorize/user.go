package authorize

import (
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

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
