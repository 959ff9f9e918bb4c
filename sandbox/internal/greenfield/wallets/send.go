package wallets

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type sendRequest struct {
	destinations       []*destination // nil for one that is null
	feeRate            *money.Decimal
	sign, broadcast    bool
	excludeUnconfirmed bool
	inputs             []string
}

type destination struct {
	to       *string
	amount   *money.Decimal
	subtract bool
}

func readSend(m *aspnet.Model) *sendRequest {
	q := &sendRequest{sign: true, broadcast: true}
	for _, item := range m.List("destinations", "System.Collections.Generic.List`1["+destinationType+"]") {
		if item.Kind == 'n' {
			q.destinations = append(q.destinations, nil)
			continue
		}
		if item.Kind != '{' {
			m.NotObject(item, destinationType)
			continue
		}
		o := &aspnet.Model{Node: item, Faults: m.Faults}
		d := &destination{to: o.Text("destination"), amount: o.Decimal("amount")}
		o.SetBool("subtractFromAmount", &d.subtract)
		q.destinations = append(q.destinations, d)
	}
	q.feeRate = m.FeeRate("feeRate")
	m.SetBool("proceedWithPayjoin", new(bool))
	m.SetBool("proceedWithBroadcast", &q.broadcast)
	m.SetBool("signWithSeed", &q.sign)
	m.SetBool("noChange", new(bool))
	m.SetBool("excludeUnconfirmed", &q.excludeUnconfirmed)
	q.inputs = m.Outpoints("selectedInputs")
	m.Bool("rbf")
	return q
}

const destinationType = aspnet.ModelNames + "CreateOnChainTransactionRequest+CreateOnChainTransactionRequestDestination"

// send checks a payment from the wallet, and makes none: wallets are watch-only, and the sandbox has no transactions to
// build on. Signing needs a permission of its own, and an administrator, since users may not have hot wallets (recording
// 30-wallets).
func send(w http.ResponseWriter, r *serve.Request) {
	var q *sendRequest
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"CreateOnChainTransactionRequest", true, func(m *aspnet.Model) { q = readSend(m) }) {
		return
	}
	if !r.Release.HasBroadcast() { // nor transactions that are not signed
		q.sign = true
	}
	if q.sign && r.Release.HasWalletPermissions() && !r.May(world.SignTransactions, r.Store().ID) {
		redirectForbidden(w, r, world.SignTransactions)
		return
	}
	wallet := walletOf(w, r)
	if wallet == nil {
		return
	}
	if q.sign && !r.May(world.ModifyServerSettings, "") {
		serve.WriteAPIError(w, http.StatusServiceUnavailable, "not-available", "You need to allow non-admins to use hotwallets for their stores (in /server/policies)")
		return
	}
	bad, crashed := q.check(r, wallet)
	switch {
	case crashed:
		aspnet.WriteCrash(w)
	case bad != nil:
		aspnet.WriteValidation(w, bad...)
	case q.sign:
		serve.WriteAPIError(w, http.StatusServiceUnavailable, "not-available", "BTC sending services are not currently available")
	default:
		refuseTransaction(w)
	}
}

func refuseTransaction(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusNotImplemented, "not-in-sandbox", "The sandbox has no transactions to build on or to check")
}

// redirectForbidden answers as the pages do, though no person asks.
func redirectForbidden(w http.ResponseWriter, r *serve.Request, permission string) {
	w.Header().Set("Location", r.Site.Base()+"/errors/403?ReturnUrl="+url.QueryEscape(r.Site.Root+aspnet.EncodePath(r.Path))+"&permission="+url.QueryEscape(permission))
	aspnet.WriteEmpty(w, http.StatusForbidden)
}

// check returns what is wrong with the request. The server crashes on a destination that is missing.
func (q *sendRequest) check(r *serve.Request, wallet *world.Wallet) (bad []aspnet.FieldError, crashed bool) {
	refuse := func(path, message string) { bad = append(bad, aspnet.FieldError{Path: path, Message: message}) }
	if len(q.destinations) == 0 {
		refuse("Destinations", "At least one destination must be specified")
		return bad, false
	}
	if q.inputs != nil && q.excludeUnconfirmed {
		refuse("ExcludeUnconfirmed", "Can't automatically exclude unconfirmed UTXOs while selection custom inputs")
		return bad, false
	}
	available, found := q.available(r, wallet)
	if !found {
		refuse("SelectedInputs", "There are no available utxos based on your request")
	}
	sum := money.New(0, 0)
	var subtracting []int
	for i, d := range q.destinations {
		if d == nil || d.to == nil {
			return nil, true
		}
		at := "Destinations[" + strconv.Itoa(i) + "]"
		if d.subtract {
			subtracting = append(subtracting, i)
		}
		for _, message := range d.faults() {
			refuse(at, message)
		}
		if d.amount != nil {
			sum = sum.Add(*d.amount)
		}
	}
	if len(subtracting) > 1 {
		for _, i := range subtracting {
			refuse("Destinations["+strconv.Itoa(i)+"].SubtractFromAmount", "You can only subtract fees from one destination")
		}
	}
	switch order := available.Cmp(sum); {
	case order < 0:
		refuse("Destinations", "You are attempting to send more than is available")
	case order == 0 && len(subtracting) == 0:
		refuse("Destinations", "You are sending your entire balance, you should subtract the fees from a destination")
	}
	if q.feeRate != nil && q.feeRate.Cmp(money.New(1, 0)) < 0 {
		refuse("FeeRate", "The fee rate specified is lower than the current minimum relay fee")
	}
	if q.broadcast && !q.sign {
		refuse("ProceedWithBroadcast", "Cannot request broadcast when signing is disabled (signWithSeed = false).")
	}
	return bad, false
}

// available is the sum of the coins that the request may spend, and whether there are any.
func (q *sendRequest) available(r *serve.Request, wallet *world.Wallet) (sum money.Decimal, found bool) {
	sum = money.New(0, 0)
	for _, c := range r.State.CoinsOf(wallet.Scheme) {
		if q.excludeUnconfirmed && c.Height == 0 || q.inputs != nil && !slices.Contains(q.inputs, c.Outpoint()) {
			continue
		}
		sum, found = sum.Add(c.Amount), true
	}
	return sum, found
}

func (d *destination) faults() (faults []string) {
	amount := d.amount
	if amount != nil && amount.Sign() <= 0 {
		amount = nil
	}
	if isLink(*d.to) {
		address, named := readLink(*d.to)
		if amount == nil {
			amount = named
		}
		switch {
		case address == "":
			faults = append(faults, "This BIP21 destination is missing a bitcoin address")
		case !world.IsAddress(address):
			faults = append(faults, "Destination must be a BIP21 payment link or an address")
		}
		if d.subtract {
			faults = append(faults, "You cannot use a BIP21 destination along with SubtractFromAmount")
		}
	} else if !world.IsAddress(*d.to) {
		faults = append(faults, "Destination must be a BIP21 payment link or an address")
	}
	if amount == nil || amount.Sign() <= 0 {
		faults = append(faults, "Amount must be specified or destination must be a BIP21 payment link, and greater than 0")
	}
	return faults
}

const linkScheme = "bitcoin:"

func isLink(text string) bool {
	return len(text) >= len(linkScheme) && strings.EqualFold(text[:len(linkScheme)], linkScheme)
}

// readLink returns the address of a payment link, and the amount that it names.
func readLink(text string) (address string, amount *money.Decimal) {
	address, query, _ := strings.Cut(text[len(linkScheme):], "?")
	values, err := url.ParseQuery(query)
	if err != nil || values.Get("amount") == "" {
		return address, nil
	}
	d, err := money.Parse(values.Get("amount"))
	if err != nil {
		return address, nil
	}
	return address, &d
}

// broadcast refuses whatever is no transaction. What might be one cannot be checked here.
func broadcast(w http.ResponseWriter, r *serve.Request) {
	var transaction *string
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"BroadcastOnChainTransactionRequest", true, func(m *aspnet.Model) {
		transaction = m.Text("transaction")
	}) || walletOf(w, r) == nil {
		return
	}
	if strings.TrimSpace(aspnet.Or(transaction, "")) == "" {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Transaction", Message: "A PSBT or raw transaction is required."})
		return
	}
	refuseTransaction(w)
}
