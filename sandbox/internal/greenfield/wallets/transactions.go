package wallets

import (
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type transactionData struct {
	TransactionHash string         `json:"transactionHash"`
	Comment         string         `json:"comment"`
	Labels          map[string]any `json:"labels"`
	Amount          string         `json:"amount"`
	BlockHash       *string        `json:"blockHash"`
	BlockHeight     *int           `json:"blockHeight"`
	Confirmations   int            `json:"confirmations"`
	Timestamp       int64          `json:"timestamp"`
	Status          string         `json:"status"`
}

// The statuses of a transaction.
const unconfirmed, confirmed = "Unconfirmed", "Confirmed"

// rawLabel is a label that only has a text, referenceLabel one that names what it is about.
type rawLabel struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type referenceLabel struct {
	Reference string `json:"ref"`
	rawLabel
}

// notes are what is known of a transaction beside the chain.
type notes struct {
	comment *string
	labels  []string
	about   map[string]string // id by type, of the things that the server links by itself
}

// referenceTypes are the types of objects that a label names.
var referenceTypes = []string{"payjoin", world.RequestObject, "app", "pj-exposed", world.InvoiceObject}

func notesOf(v *world.WalletView, id world.ObjectID) notes {
	n := notes{about: map[string]string{}}
	if o := v.Object(id); o != nil {
		n.comment = world.TextIn(o.Data, "comment")
	}
	for _, other := range v.Neighbours(id) {
		switch {
		case other.Type == world.LabelObject:
			n.labels = append(n.labels, other.ID)
		case slices.Contains(referenceTypes, other.Type) && n.about[other.Type] == "":
			n.about[other.Type] = other.ID
		}
	}
	return n
}

// show returns the labels as the API had them before there were objects.
func (n notes) show() map[string]any {
	labels := map[string]any{}
	for typ, id := range n.about {
		labels[typ] = referenceLabel{id, rawLabel{typ, typ}}
	}
	for _, text := range n.labels {
		if labels[text] == nil {
			labels[text] = rawLabel{"raw", text}
		}
	}
	return labels
}

func showTransaction(r *serve.Request, c world.Coin, n notes) transactionData {
	data := transactionData{
		TransactionHash: c.TxID, Comment: aspnet.Or(n.comment, ""), Labels: n.show(), Amount: amount(c.Amount),
		Confirmations: c.Confirmations(r.State.Height), Timestamp: c.Received.Unix(), Status: unconfirmed,
	}
	if c.Height > 0 {
		height := world.ChainHeight(c.Height)
		data.BlockHeight, data.BlockHash, data.Status = &height, new(world.BlockHash(height)), confirmed
	}
	return data
}

// listTransactions answers the newest first. The server applies skip and limit twice if nothing is filtered, and a
// transaction that both filters take is in the list twice (GreenfieldStoreOnChainWalletsController.cs).
func listTransactions(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	statuses := q.Enums("statusFilter", unconfirmed, confirmed)
	skip, limit := q.Int("skip"), q.Int("limit")
	if q.Refuse(w) {
		return
	}
	wallet := walletOf(w, r)
	if wallet == nil {
		return
	}
	label := strings.TrimSpace(aspnet.QueryValue(r.Request, "labelFilter"))
	v := r.State.WalletView(r.Store().ID)
	coins := r.State.CoinsOf(wallet.Scheme)
	slices.Reverse(coins)
	if len(statuses) == 0 && label == "" {
		coins = page(coins, skip, limit)
	} else {
		var found []world.Coin
		for _, c := range coins {
			status := unconfirmed
			if c.Height > 0 {
				status = confirmed
			}
			if label != "" && slices.Contains(notesOf(v, txObject(c.TxID)).labels, aspnet.QueryValue(r.Request, "labelFilter")) {
				found = append(found, c)
			}
			if slices.Contains(statuses, status) {
				found = append(found, c)
			}
		}
		coins = found
	}
	list := []transactionData{}
	for _, c := range page(coins, skip, limit) {
		list = append(list, showTransaction(r, c, notesOf(v, txObject(c.TxID))))
	}
	aspnet.WriteJSON(w, http.StatusOK, list)
}

// page returns at most limit coins from skip on. Negative numbers skip and take nothing.
func page(coins []world.Coin, skip, limit *int64) []world.Coin {
	all := int64(len(coins))
	from := min(max(aspnet.Or(skip, 0), 0), all)
	return coins[from : from+min(max(aspnet.Or(limit, all), 0), all-from)]
}

func txObject(id string) world.ObjectID { return world.ObjectID{Type: world.TxObject, ID: id} }

// findTransaction returns the transaction that the path names, in capitals too and after 0x; nil if the wallet has none. An id that is
// none crashes the server. If it returns false, it answered.
func findTransaction(w http.ResponseWriter, r *serve.Request) (*world.Coin, bool) {
	wallet := walletOf(w, r)
	if wallet == nil {
		return nil, false
	}
	id := strings.TrimPrefix(strings.ToLower(r.PathValue("transactionId")), "0x")
	if len(id) != 64 || strings.Trim(id, "0123456789abcdef") != "" {
		aspnet.WriteCrash(w)
		return nil, false
	}
	return r.State.CoinOf(wallet.Scheme, id), true
}

func writeNoTransaction(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusNotFound, "transaction-not-found", "The transaction was not found.")
}

// writeTransaction answers a transaction with its notes, which are found by its id as the path has it.
func writeTransaction(w http.ResponseWriter, r *serve.Request, c *world.Coin) {
	n := notesOf(r.State.WalletView(r.Store().ID), txObject(r.PathValue("transactionId")))
	aspnet.WriteJSON(w, http.StatusOK, showTransaction(r, *c, n))
}

func readTransaction(w http.ResponseWriter, r *serve.Request) {
	c, ok := findTransaction(w, r)
	switch {
	case !ok:
	case c == nil:
		writeNoTransaction(w)
	default:
		writeTransaction(w, r, c)
	}
}

// changeTransaction sets the comment and adds labels. With force it does so for a transaction that the wallet does not have,
// and then crashes (GreenfieldStoreOnChainWalletsController.cs).
func changeTransaction(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	force := q.Bool("force")
	if q.Refuse(w) {
		return
	}
	var comment *string
	var labels []*string
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"PatchOnChainTransactionRequest", true, func(m *aspnet.Model) {
		comment = m.Text("comment")
		m.SetTextList("labels", &labels)
	}) {
		return
	}
	c, ok := findTransaction(w, r)
	if !ok {
		return
	}
	if c == nil && !force {
		writeNoTransaction(w)
		return
	}
	store, id := r.Store().ID, r.PathValue("transactionId")
	if comment != nil {
		r.State.Comment(store, id, *comment)
	}
	if slices.Contains(labels, nil) {
		aspnet.WriteCrash(w)
		return
	}
	for _, text := range labels {
		r.State.AddLabel(store, id, *text)
	}
	if c == nil {
		aspnet.WriteCrash(w)
		return
	}
	writeTransaction(w, r, c)
}

type coinData struct {
	Comment       *string        `json:"comment"`
	Amount        string         `json:"amount"`
	Outpoint      string         `json:"outpoint"`
	Link          string         `json:"link"`
	Labels        map[string]any `json:"labels"`
	Timestamp     int64          `json:"timestamp"`
	KeyPath       string         `json:"keyPath"`
	Address       string         `json:"address"`
	Confirmations int            `json:"confirmations"`
}

// listCoins answers what was received, what is in blocks first.
func listCoins(w http.ResponseWriter, r *serve.Request) {
	wallet := walletOf(w, r)
	if wallet == nil {
		return
	}
	v := r.State.WalletView(r.Store().ID)
	coins := r.State.CoinsOf(wallet.Scheme)
	slices.SortStableFunc(coins, func(a, b world.Coin) int {
		return b.Confirmations(r.State.Height) - a.Confirmations(r.State.Height)
	})
	list := []coinData{}
	for _, c := range coins {
		n := notesOf(v, txObject(c.TxID))
		list = append(list, coinData{
			Comment: n.comment, Amount: amount(c.Amount), Outpoint: c.Outpoint(), Link: "https://mempool.space/testnet/tx/" + c.TxID, Labels: n.show(),
			Timestamp: c.Received.Unix(), KeyPath: keyPath(c.Index), Address: c.Address, Confirmations: c.Confirmations(r.State.Height),
		})
	}
	aspnet.WriteJSON(w, http.StatusOK, list)
}
