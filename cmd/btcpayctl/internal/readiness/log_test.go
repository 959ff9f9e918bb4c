package readiness_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/readiness"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

func known(currency string) bool {
	return slices.Contains([]string{"BTC", "CHF", "EUR", "JPY", "SATS", "USD"}, currency)
}

// recorded are the refusals of invoices in the recordings, by the name of their step.
var recorded = map[string]readiness.Cause{
	"currency without a rate":                              {Kind: readiness.NoRate, Subject: "BTC_CHF"},
	"unknown currency":                                     {Kind: readiness.UnknownCurrency, Subject: "BTC_NOPE"},
	"an unknown currency with a price":                     {Kind: readiness.UnknownCurrency, Subject: "BTC_ZZZ"},
	"below the dust limit":                                 {Kind: readiness.TooSmall},
	"a price below the dust limit":                         {Kind: readiness.TooSmall},
	"a store without payment methods":                      {Kind: readiness.NoWallet},
	"a store without a wallet, price above 0":              {Kind: readiness.NoWallet},
	"a method this store does not have":                    {Kind: readiness.NoMethod},
	"payment method known to the server, not to the store": {Kind: readiness.NoMethod},
}

// The log of a refused invoice is read in the form of each version.
func TestReadRecorded(t *testing.T) {
	var files []*replay.Recording
	for _, group := range []string{"20-invoices.json", "63-bitpay-invoice*.json"} {
		loaded, err := replay.LoadAll(filepath.Join("..", "..", "..", "..", "sandbox", "testdata", "recordings", "*", group))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, loaded...)
	}
	seen := map[string]int{}
	for _, file := range files {
		exchanges, err := file.Exchanges()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range exchanges {
			var answer struct{ Message, Error string }
			path, _, _ := strings.Cut(e.Request.Path, "?")
			if e.Request.Method != "POST" || !strings.HasSuffix(path, "/invoices") || e.Response.Status != 400 || json.Unmarshal(e.Response.JSON, &answer) != nil {
				continue
			}
			want, ok := recorded[e.Name]
			if !ok {
				continue
			}
			var asked readiness.Request
			asked.Known = known
			if want.Kind == readiness.NoMethod {
				asked.Methods = []string{"BTC-LN"}
			}
			got := readiness.Read(answer.Message+answer.Error, asked)
			if len(got) != 1 || got[0].Kind != want.Kind || got[0].Subject != want.Subject {
				t.Errorf("%s: got %+v, want %+v", e, got, want)
			}
			seen[e.Name]++
		}
	}
	if len(seen) < len(recorded) {
		t.Errorf("only %d kinds of steps were read: %v", len(seen), seen)
	}
}

const begun = "Error retrieving a matching payment method or rate.\n11/23/2026 08:10:41:Info Creation of invoice starting\n"

// Texts of the server that no recording has, and several reasons at once.
func TestRead(t *testing.T) {
	const at = "11/23/2026 08:10:41:"
	for name, c := range map[string]struct {
		message string
		asked   []string
		want    []readiness.Kind
		text    string
	}{
		"the node is away": {begun + at + "Error BTC-CHAIN: Payment method unavailable (Full node not available)\n", nil,
			[]readiness.Kind{readiness.NodeAway}, "Bitcoin node is not available now"},
		"a stack trace": {begun + at + "Error BTC-CHAIN: Unexpected exception (System.Net.Http.HttpRequestException: Connection refused (nbxplorer:32838)\n" +
			" ---> System.Net.Sockets.SocketException (111): Connection refused\n   at NBXplorer.ExplorerClient.GetStatusAsync()\n   --- End of stack trace ---)\n" +
			at + "Info BTC-CHAIN: Payment method details creation took 12 milliseconds\n", nil, []readiness.Kind{readiness.NodeAway}, "Bitcoin node"},
		"another exception": {begun + at + "Error BTC-CHAIN: Unexpected exception (System.FormatException: Invalid scheme\n   at NBXplorer.Parse())\n", nil,
			[]readiness.Kind{readiness.Unknown}, "could not prepare a payment method: Unexpected exception (System.FormatException"},
		"an exchange is away": {begun + at + "Info Rate for BTC_EUR: kraken(BTC_EUR) = kraken(BTC_EUR) = ???\n" + at + "Warning Error from exchange kraken (A task was canceled.)\n" +
			at + "Warning Unable to get rate BTC_EUR.\n" + at + "Error BTC-CHAIN: Unable to get rate(s) BTC_EUR, this payment method disabled for this invoice.\n", nil,
			[]readiness.Kind{readiness.SourceAway}, "BTC_EUR from kraken"},
		"below the store's limit": {begun + at + "Error BTC-LN: Invoice amount below accepted value for payment method\n", nil,
			[]readiness.Kind{readiness.BelowLimit}, "below what the store accepts by BTC-LN"},
		"above the store's limit": {begun + at + "Error BTC-LN: Invoice amount above accepted value for payment method\n", nil,
			[]readiness.Kind{readiness.AboveLimit}, "above what the store accepts by BTC-LN"},
		"Lightning is behind": {begun + at + "Error BTC-LN: Payment method unavailable (The lightning node is not synched (12 blocks left))\n", nil,
			[]readiness.Kind{readiness.LightningBehind}, "not synchronised"},
		"Lightning refuses the connection": {begun + at + "Info Rate for BTC_BTC: 1.0 = 1.0 = 1.0\n" +
			at + "Error BTC-LN: NodeInfo failed to be fetched: Error while connecting to the API: Connection refused\n" +
			at + "Error BTC-LN: Payment method unavailable (Impossible to create lightning invoice (Connection refused))\n" +
			at + "Info BTC-LN: Payment method details creation took 14 milliseconds\n", nil, []readiness.Kind{readiness.LightningAway}, "Lightning node"},
		"Lightning does not respond": {begun + at + "Error BTC-LN: NodeInfo failed to be fetched: The lightning node did not reply in a timely manner\n" +
			at + "Error BTC-LN: Payment method unavailable (The lightning node did not reply in a timely manner)\n", nil,
			[]readiness.Kind{readiness.LightningAway}, "Lightning node"},
		"Lightning without an amount": {begun + at + "Error BTC-LN: Payment method unavailable (Lightning Network payment method is not available for top-up invoices)\n", nil,
			[]readiness.Kind{readiness.NeedsAmount}, "needs an amount"},
		"LNURL without Lightning": {begun + at + "Error BTC-LNURL: Payment method unavailable (LNURL requires a lightning node to be configured for the store.)\n", nil,
			[]readiness.Kind{readiness.NoLightning}, "no Lightning node"},
		"all disabled": {begun, nil, []readiness.Kind{readiness.Disabled}, "all disabled"},
		"too small on-chain, and no Lightning": {begun + at + "Error BTC-LN: Payment method unavailable (Impossible to create lightning invoice (Connection refused))\n" +
			at + "Error BTC-CHAIN: Payment method unavailable (Amount below the dust threshold. For amounts of this size, use Lightning)\n", nil,
			[]readiness.Kind{readiness.TooSmall, readiness.LightningAway}, "dust limit"},
		"a rate for two methods": {begun + at + "Error BTC-CHAIN: Unable to get rate(s) BTC_CHF, this payment method disabled for this invoice.\n" +
			at + "Error BTC-LN: Unable to get rate(s) BTC_CHF, this payment method disabled for this invoice.\n", nil,
			[]readiness.Kind{readiness.NoRate}, "BTC_CHF"},
		"a log without times": {"Error retrieving a matching payment method or rate.\nBTC-CHAIN: Payment method unavailable (Full node not available)\n", nil,
			[]readiness.Kind{readiness.NodeAway}, "Bitcoin node"},
		"nothing": {"", []string{"BTC-LN"}, []readiness.Kind{readiness.NoMethod}, "asked for: BTC-LN"},
	} {
		got := readiness.Read(c.message, readiness.Request{Methods: c.asked, Known: known})
		var kinds []readiness.Kind
		for _, cause := range got {
			kinds = append(kinds, cause.Kind)
		}
		if !slices.Equal(kinds, c.want) || !strings.Contains(got[0].Text(), c.text) {
			t.Errorf("%s: got %v (%s), want %v with %q", name, kinds, got[0].Text(), c.want, c.text)
		}
		told := readiness.Error(got, nil)
		for _, sentence := range []string{told.What, told.Why} {
			if len([]rune(sentence)) > 190 || strings.Contains(sentence, "\n") {
				t.Errorf("%s: too long: %q", name, sentence)
			}
		}
		if told.Next == "" || (told.Code == "unavailable") != got[0].Temporary() {
			t.Errorf("%s: %+v", name, told)
		}
	}
}
