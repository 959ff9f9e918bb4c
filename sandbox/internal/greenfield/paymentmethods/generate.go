package paymentmethods

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// The lists of words and the numbers of words that a seed can have.
var (
	wordLists  = []string{"English", "Japanese", "Spanish", "ChineseSimplified", "ChineseTraditional", "French", "PortugueseBrazil", "Czech"}
	wordCounts = []string{"12", "15", "18", "21", "24"}
)

const longestLabel = 300

// generate makes no wallet: that needs the node. Users may not have the server keep their keys (recording 30-wallets).
func generate(w http.ResponseWriter, r *serve.Request) {
	var label *string
	keep := false
	if !aspnet.Bind(w, r.Request, r.Content, "BTCPayServer.Client.GenerateOnChainWalletRequest", false, func(m *aspnet.Model) {
		label = m.Text("label")
		m.Int("accountNumber")
		m.Text("existingMnemonic")
		readWords(m)
		m.Enum("scriptPubKeyType", "NBitcoin.ScriptPubKeyType", "Legacy", "Segwit", "SegwitP2SH", "TaprootBIP86")
		m.Text("passphrase")
		m.SetBool("savePrivateKeys", &keep)
	}) || !isOnChain(w, r) {
		return
	}
	const unavailable = world.OnChain + " services are not currently available"
	if r.State.Node != world.NodeReady {
		serve.WriteAPIError(w, http.StatusServiceUnavailable, "not-available", unavailable)
		return
	}
	if r.Store().Wallet != nil {
		serve.WriteAPIError(w, http.StatusBadRequest, "already-configured", world.OnChain+" wallet is already configured for this store")
		return
	}
	var bad []aspnet.FieldError
	if label != nil && len(utf16.Encode([]rune(*label))) > longestLabel {
		bad = append(bad, aspnet.FieldError{Path: "Label", Message: "Label is too long (Max 300 characters)"})
	}
	if keep && !r.May(world.ModifyServerSettings, "") {
		bad = append(bad, aspnet.FieldError{Path: "SavePrivateKeys", Message: "This instance forbids non-admins from having a hot wallet for your store."})
	}
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	serve.WriteAPIError(w, http.StatusServiceUnavailable, "not-available", unavailable)
}

// readWords reads which words a seed would have.
func readWords(m *aspnet.Model) {
	if n := m.Get("wordList"); n != nil {
		switch {
		case n.Kind != '"':
			m.Faults.Throw(n, "Unexpected json token type, expected String, actual "+n.TokenName())
		case !slices.Contains(wordLists, n.Text):
			m.Faults.Throw(n, "Invalid wordlist, possible values "+strings.Join(wordLists, ", ")+" (default: English)")
		}
	}
	if n := m.Get("wordCount"); n != nil {
		switch _, err := strconv.ParseInt(n.Text, 10, 64); {
		case n.Kind != 0 || err != nil:
			m.Faults.Throw(n, "Unexpected json token type, expected Integer, actual "+n.TokenName())
		case !slices.Contains(wordCounts, n.Text):
			m.Faults.Throw(n, "Invalid WordCount, possible values "+strings.Join(wordCounts, ", ")+" (default: 12)")
		}
	}
}
