package sandbox

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestNearWallets(t *testing.T) {
	w := newNearby(t, Options{})
	const (
		of       = "/stores/{store}/payment-methods/BTC-CHAIN/wallet"
		none     = "/stores/{empty}/payment-methods/BTC-CHAIN/wallet"
		noWallet = `{"code":"not-available","message":"BTC doesn't have any derivation scheme set"}`
		unknown  = `{"code":"unknown-paymentMethodId","message":"This payment method doesn't exists or doesn't offer wallet services"}`
		noTx     = `{"code":"transaction-not-found","message":"The transaction was not found."}`
		noObject = `{"code":"wallet-object-not-found","message":"This wallet object's can't be found"}`
		view     = `{"missingPermission":"btcpay.store.canviewwallet"`
		manage   = `{"missingPermission":"btcpay.store.canmanagewallettransactions"`
		recorded = "30-wallets"
		source   = "GreenfieldStoreOnChainWalletsController.cs"
		objects  = "WalletRepository.cs"
		absent   = "abababababababababababababababababababababababababababababababab"
		viewKey  = "btcpay.store.canviewwallet"
	)
	w.play([]near{
		// Which method, which store, who.
		{"owner", "GET", "/stores/{store}/payment-methods/btc/wallet", "", 200, `{"balance":"0"`, recorded},
		{"owner", "GET", "/stores/{store}/payment-methods/onchain/BTC/wallet", "", 200, `{"balance":"0"`, "wire.md: paths of 1.x"},
		{"owner", "GET", "/stores/{store}/payment-methods/BTC-LN/wallet", "", 200, `{"balance":"0"`, source + ": a method of the same chain names the same wallet"},
		{"owner", "GET", "/stores/{store}/payment-methods/x/wallet/utxos", "", 404, unknown, recorded},
		{"owner", "GET", "/stores/{store}/payment-methods/x/wallet/objects", "", 404, unknown, source},
		{"owner", "GET", none + "/histogram", "", 503, noWallet, recorded},
		{"owner", "GET", none + "/feerate", "", 503, noWallet, recorded},
		{"owner", "GET", none + "/address", "", 503, noWallet, recorded},
		{"owner", "DELETE", none + "/address", "", 503, noWallet, recorded},
		{"owner", "GET", none + "/transactions", "", 503, noWallet, recorded},
		{"owner", "GET", none + "/transactions/x", "", 503, noWallet, source},
		{"owner", "GET", none + "/utxos", "", 503, noWallet, recorded},
		{"owner", "GET", none + "/objects", "", 200, `[]`, source + ": objects need no wallet"},
		{viewKey, "GET", of + "/feerate?blockTarget=3", "", 200, `{"feeRate":1.0}`, recorded},
		{viewKey, "GET", of + "/feerate?blockTarget=", "", 200, `{"feeRate":1.0}`, source},
		{viewKey, "GET", of + "/feerate?blockTarget=soon", "", 422, `[{"path":"blockTarget","message":"The value 'soon' is not valid."}]`, recorded},
		{viewKey, "DELETE", of + "/address", "", 403, manage, "greenfield-operations.json"},
		{viewKey, "PATCH", of + "/transactions/" + absent, `{}`, 403, manage, "greenfield-operations.json"},
		{viewKey, "POST", of + "/objects", `{}`, 403, manage, "greenfield-operations.json"},
		{viewKey, "POST", of + "/transactions/broadcast", `{}`, 403, `{"missingPermission":"btcpay.store.canbroadcasttransactions"`, "greenfield-operations.json"},
		{"guest", "GET", of, "", 403, view, "wire.md: roles"},
		{"manager", "GET", of + "/address", "", 403, view, "wire.md: roles"},
		{"admin", "GET", of, "", 403, view, "17-permission-scopes"},
		{"alice", "GET", of + "/objects", "", 403, view, "17-permission-scopes"},
		{"btcpay.store.canviewwallet:{empty}", "GET", of, "", 403, view, "17-permission-scopes"},
		{"", "GET", of, "", 401, `{"code":"unauthenticated"`, "11-auth-errors"},

		// Addresses.
		{"owner", "GET", of + "/address?forceGenerate=perhaps", "", 422, `[{"path":"forceGenerate"`, recorded},
		{"owner", "GET", of + "/address?forceGenerate=True", "", 200, `*"keyPath":"0/0"`, recorded},
		{"owner", "GET", of + "/address", "", 200, `*"keyPath":"0/0"`, recorded},
		{"owner", "GET", of + "/address?FORCEGENERATE=true", "", 200, `*"keyPath":"0/1"`, recorded},
		{"owner", "DELETE", of + "/address", "", 200, "", recorded},
		{"owner", "DELETE", of + "/address", "", 400, `{"code":"no-reserved-address","message":"There was no reserved address for BTC on this store."}`, recorded},
		{"owner", "GET", of + "/address", "", 200, `*"keyPath":"0/1"`, "WalletReceiveService.cs: what was given back is free"},

		// Filters and transactions that are not there.
		{"owner", "GET", of + "/transactions?statusFilter=confirmed&statusFilter=0", "", 200, `[]`, recorded},
		{"owner", "GET", of + "/transactions?statusFilter=7", "", 422, `[{"path":"statusFilter"`, recorded},
		{"owner", "GET", of + "/transactions?skip=x&limit=y", "", 422, `[{"path":"skip","message":"The value 'x' is not valid."},{"path":"limit"`, recorded},
		{"owner", "GET", of + "/transactions/nonsense", "", 500, "", "wire.md 22"},
		{"owner", "GET", of + "/transactions/" + strings.ToUpper(absent), "", 404, noTx, source},
		{"owner", "PATCH", of + "/transactions/" + absent, "", 415, "*Unsupported Media Type", "20-invoices"},
		{"owner", "PATCH", of + "/transactions/" + absent, `{"labels":5}`, 422, `[{"path":"labels","message":"Error converting value 5 to type 'System.Collections.Generic.List` + "`" + `1[System.String]'.`, "27-notifications"},
		{"owner", "PATCH", of + "/transactions/" + absent + "?force=no", `{}`, 422, `[{"path":"force"`, recorded},

		// Objects and links.
		{"owner", "POST", of + "/objects", `{"type":"thing","id":"a","data":{"long":1.50,"b":"x","a":{"zz":1,"y":2}}}`, 200, `{"data":{"a":{"y":2,"zz":1},"b":"x","long":1.5},"links":[],"type":"thing","id":"a"}`, objects + ": JSONB"},
		{"owner", "POST", of + "/objects", `{"TYPE":"thing","Id":"b","data":null}`, 200, `{"data":null,"links":[],"type":"thing","id":"b"}`, recorded},
		{"owner", "POST", of + "/objects", `{}`, 422, `[{"path":"Id","message":"Id is required"},{"path":"Type","message":"Type is required"}]`, recorded},
		{"owner", "POST", of + "/objects", `{"type":null,"id":"x"}`, 422, `[{"path":"Type"`, recorded},
		{"owner", "POST", of + "/objects", `{"type":"","id":""}`, 200, `{"data":null,"links":[],"type":"","id":""}`, source + ": only null is refused"},
		{"owner", "POST", of + "/objects", `{"type":"thing","id":"x","data":[1]}`, 422, `[{"path":"data"`, "20-invoices"},
		{"owner", "POST", of + "/objects", `{"type":"thing","id":"x\u0000"}`, 500, "", "neighbours.md"},
		{"owner", "POST", of + "/objects/thing/a/links", `{"type":"thing","id":"b","data":{"since":5}}`, 200, "", recorded},
		{"owner", "POST", of + "/objects/thing/b/links", `{"type":"thing","id":"a","data":{"since":6}}`, 200, "", objects + ": a link has no direction"},
		{"owner", "GET", of + "/objects/thing/b", "", 200, `{"data":null,"links":[{"linkData":{"since":6},"objectData":{"a":{"y":2,"zz":1},"b":"x","long":1.5},"type":"thing","id":"a"}]`, recorded},
		{"owner", "GET", of + "/objects/thing/b?includeNeighbourData=False", "", 200, `{"data":null,"links":[{"linkData":{"since":6},"objectData":null,`, recorded},
		{"owner", "GET", of + "/objects/thing/b?includeNeighbourData=2", "", 422, `[{"path":"includeNeighbourData"`, recorded},
		{"owner", "GET", of + "/objects/Thing/b", "", 404, noObject, objects},
		{"owner", "POST", of + "/objects/thing/a/links", `{"type":"thing","id":"nine"}`, 404, noObject, objects + ": a foreign key"},
		{"owner", "POST", of + "/objects/thing/nine/links", `{"type":"thing","id":"a"}`, 404, noObject, objects},
		{"owner", "POST", of + "/objects/thing/a/links", `{"type":"thing"}`, 422, `[{"path":"Id","message":"Id is required"}]`, source},
		{"owner", "GET", of + "/objects?ids=a", "", 422, `[{"path":"ids","message":"If ids is specified, type should be specified"}]`, source},
		{"owner", "GET", of + "/objects?type=thing&ids=b&ids=nine&ids=a", "", 200, `[{"data":null`, recorded},
		{"owner", "GET", of + "/objects?type=nothing", "", 200, `[]`, recorded},
		{"owner", "GET", "/stores/{empty}/payment-methods/BTC-CHAIN/wallet/objects/thing/a", "", 404, noObject, source},
		{"owner", "DELETE", of + "/objects/thing/b/links/thing/a", "", 200, "", objects},
		{"owner", "DELETE", of + "/objects/thing/a/links/thing/b", "", 404, noObject, recorded},
		{"owner", "DELETE", of + "/objects/thing/a", "", 200, "", recorded},
		{"owner", "DELETE", of + "/objects/thing/a", "", 404, noObject, recorded},

		// Sending.
		{"owner", "POST", of + "/transactions", `{"destinations":[]}`, 422, `[{"path":"Destinations","message":"At least one destination must be specified"}]`, recorded},
		{"owner", "POST", of + "/transactions", `{"destinations":[null]}`, 500, "", source},
		{"owner", "POST", of + "/transactions", `{"destinations":[{"amount":"1"}]}`, 500, "", source},
		{"owner", "POST", of + "/transactions", `{"destinations":[{"destination":"x","amount":-1}],"selectedInputs":[],"excludeUnconfirmed":true}`, 422, `[{"path":"ExcludeUnconfirmed"`, source},
		{"owner", "POST", of + "/transactions", `{"selectedInputs":["x"]}`, 422, `[{"path":"selectedInputs[0]","message":"Invalid bitcoin object of type OutPoint"}]`, "NBitcoin: OutpointJsonConverter.cs"},
		{"owner", "POST", of + "/transactions", `{"feerate":"1"}`, 422, `[{"path":"feerate","message":"Unexpected json token type, expected are Integer, Float and actual is String"}]`, "NBitcoin: FeeRateJsonConverter.cs"},
		{"owner", "POST", of + "/transactions", `{"destinations":[{"destination":"bitcoin:?amount=1","subtractFromAmount":true}],"proceedWithBroadcast":false}`, 422, `*{"path":"Destinations[0]","message":"This BIP21 destination is missing a bitcoin address"},{"path":"Destinations[0]","message":"You cannot use a BIP21 destination along with SubtractFromAmount"}]`, source},
		{"alice", "POST", "/stores/{alices}/payment-methods/BTC-CHAIN/wallet/transactions", `{}`, 503, noWallet, recorded},
		{"btcpay.store.cancreatetransactions", "POST", of + "/transactions", `{}`, 403, "", recorded},
		{"owner", "POST", of + "/transactions/broadcast", `{"transaction":"  "}`, 422, `[{"path":"Transaction","message":"A PSBT or raw transaction is required."}]`, recorded},

		// Generating.
		{"owner", "POST", none + "/generate", `{"wordCount":13}`, 422, `[{"path":"wordCount","message":"Invalid WordCount, possible values 12, 15, 18, 21, 24 (default: 12)"}]`, "WordcountJsonConverter.cs"},
		{"owner", "POST", none + "/generate", `{"wordList":"Klingon"}`, 422, `[{"path":"wordList","message":"Invalid wordlist, possible values English, Japanese,`, "WordlistJsonConverter.cs"},
		{"owner", "POST", none + "/generate", `{"scriptPubKeyType":"x"}`, 422, `[{"path":"scriptPubKeyType","message":"Error converting value \"x\" to type 'NBitcoin.ScriptPubKeyType'.`, "20-invoices"},
		{"owner", "POST", none + "/generate", `{"label":"` + strings.Repeat("x", 301) + `"}`, 422, `[{"path":"Label","message":"Label is too long (Max 300 characters)"}]`, "GreenfieldStoreOnChainPaymentMethodsController.WalletGeneration.cs"},
		{"owner", "POST", none + "/generate", `{"savePrivateKeys":true}`, 503, `{"code":"not-available","message":"BTC-CHAIN services are not currently available"}`, recorded},
		{"alice", "POST", "/stores/{alices}/payment-methods/BTC/wallet/generate", `{"savePrivateKeys":true}`, 422, `[{"path":"SavePrivateKeys"`, recorded},
	})
	w.s.SetNode(NodeBehind)
	w.play([]near{
		{"owner", "GET", of, "", 503, `{"code":"not-available","message":"BTC-CHAIN services are not currently available"}`, source},
		{"owner", "GET", "/stores/{store}/payment-methods/btc-lightningnetwork/wallet/objects", "", 503, `{"code":"not-available","message":"BTC-LN services`, source},
		{"owner", "GET", "/stores/{store}/payment-methods/btc-ln/wallet/objects", "", 404, `{"code":"unknown-paymentMethodId"`, "42-invoices-marks"},
	})
}

// TestNearWalletsOfReleases has the permissions and calls of older releases.
func TestNearWalletsOfReleases(t *testing.T) {
	const (
		of     = "/stores/{store}/payment-methods/BTC-CHAIN/wallet"
		seen   = "versions.md: wallet calls"
		modify = `{"missingPermission":"btcpay.store.canmodifystoresettings"`
	)
	w := newNearby(t, Options{Emulate: "2.3"})
	w.play([]near{
		{"btcpay.store.canviewwallet", "GET", of, "", 403, modify, seen},
		{"btcpay.store.canviewwallet", "GET", of + "/feerate", "", 403, `{"missingPermission":"btcpay.store.canviewstoresettings"`, seen},
		{"manager", "GET", of + "/feerate", "", 200, `{"feeRate":1.0}`, seen},
		{"manager", "GET", of + "/address", "", 403, modify, seen},
		{"owner", "GET", of + "/histogram", "", 404, `{"code":"histogram-not-found"`, seen},
		{"owner", "POST", of + "/transactions/broadcast", `{}`, 422, `[{"path":"Transaction"`, seen},
	})
	w = newNearby(t, Options{Emulate: "2.0"})
	w.play([]near{
		{"owner", "POST", of + "/transactions/broadcast", `{}`, 405, "", seen},
		{"owner", "GET", of, "", 200, `{"balance":"0"`, seen},
	})
	w = newNearby(t, Options{Emulate: "1.13"})
	w.play([]near{
		{"owner", "GET", "/stores/{store}/payment-methods/onchain/BTC/wallet", "", 200, `{"balance":"0"`, "wire.md: paths of 1.x"},
		{"owner", "GET", of + "/histogram", "", 404, "", "29-lightning-absent of 1.13.5"},
		{"owner", "GET", "/stores/{store}/lightning/BTC/histogram", "", 404, "", "29-lightning-absent of 1.13.5"},
	})
}

// TestWalletOfRequest has a payment request that was paid: its transaction has a label for that too.
func TestWalletOfRequest(t *testing.T) {
	w := newNearby(t, Options{})
	store := w.s.Seed().StoreID
	_, answer := w.as("owner", "POST", "/api/v1/stores/"+store+"/payment-requests", `{"amount":"5","currency":"USD","title":"one"}`)
	request := member(t, answer, "id")
	_, answer = w.as("owner", "POST", "/api/v1/stores/"+store+"/payment-requests/"+request+"/pay", `{}`)
	txID, err := w.s.Pay(member(t, answer, "id"), Payment{})
	if err != nil {
		t.Fatal(err)
	}
	w.names = strings.NewReplacer("{store}", store, "{tx}", txID, "{request}", request)
	const of = "/stores/{store}/payment-methods/BTC-CHAIN/wallet"
	w.play([]near{
		{"owner", "GET", of + "/transactions/{tx}", "", 200, `*"payment-request":{"ref":"{request}","type":"payment-request","text":"payment-request"}`, "TransactionLabelMarkerHostedService.cs"},
		{"owner", "GET", of + "/transactions/0x{tx}", "", 200, `{"transactionHash":"{tx}","comment":"","labels":{}`, "NBitcoin: uint256.cs"},
		{"owner", "GET", of + "/transactions?labelFilter=payment-request", "", 200, `[{"transactionHash":"{tx}"`, "30-wallets"},
		{"owner", "GET", of + "/objects/payment-request/{request}", "", 200, `{"data":null,"links":[{"linkData":null,"objectData":null,"type":"tx","id":"{tx}"}]`, "TransactionLabelMarkerHostedService.cs"},
	})
}

// TestWalletOfPayments has a wallet that invoices and an address of its own were paid with, and keeps it across a restart.
func TestWalletOfPayments(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	w := newNearby(t, Options{StateFile: state})
	const of = "/stores/{store}/payment-methods/BTC-CHAIN/wallet"
	get := func(path string) string {
		t.Helper()
		status, answer := w.as("owner", "GET", "/api/v1"+w.names.Replace(path), "")
		if status != 200 {
			t.Fatalf("%s: %d %s", path, status, answer)
		}
		return answer
	}
	pay := func(address, rest string) string {
		return w.control("pay", `{"address":"`+address+`",`+rest+`}`)["txid"].(string)
	}
	_, answer := w.as("owner", "POST", "/api/v1"+w.names.Replace("/stores/{store}/invoices"), `{"amount":"20","currency":"USD"}`)
	invoice := member(t, answer, "id")
	methods := get("/stores/{store}/invoices/" + invoice + "/payment-methods")
	first := pay(member(t, strings.Trim(methods, "[]"), "destination"), `"amount":"0.0004","confirmations":2`)
	own := member(t, get(of+"/address"), "address")
	second := pay(own, `"amount":"0.25","rbf":true`)
	if next := member(t, get(of+"/address"), "address"); next == own {
		t.Error("an address that was paid is given out again")
	}
	w.names = strings.NewReplacer("{store}", w.s.Seed().StoreID, "{first}", first, "{second}", second, "{invoice}", invoice, "{FIRST}", strings.ToUpper(first))
	const label = `"labels":{"invoice":{"ref":"{invoice}","type":"invoice","text":"invoice"}}`
	steps := []near{
		{"owner", "GET", of, "", 200, `{"balance":"0.2504","unconfirmedBalance":"0.25","confirmedBalance":"0.0004"`, "30-wallets"},
		{"owner", "GET", of + "/transactions", "", 200, `[{"transactionHash":"{second}","comment":"","labels":{},"amount":"0.25","blockHash":null,"blockHeight":null,"confirmations":0,`, "OnChainWalletTransactionData.cs"},
		{"owner", "GET", of + "/transactions/{first}", "", 200, `{"transactionHash":"{first}","comment":"",` + label + `,"amount":"0.0004","blockHash":"`, "WalletTransactionInfo.cs"},
		{"owner", "GET", of + "/transactions/{first}", "", 200, `*"blockHeight":101,"confirmations":2,`, "OnChainWalletTransactionData.cs"},
		{"owner", "GET", of + "/transactions?statusFilter=Confirmed", "", 200, `[{"transactionHash":"{first}"`, "30-wallets"},
		{"owner", "GET", of + "/transactions?labelFilter=invoice", "", 200, `[{"transactionHash":"{first}"`, "30-wallets"},
		{"owner", "GET", of + "/transactions?labelFilter=Invoice", "", 200, `[]`, "30-wallets"},
		{"owner", "GET", of + "/transactions?skip=1", "", 200, `[]`, "GreenfieldStoreOnChainWalletsController.cs: skipped twice"},
		{"owner", "GET", of + "/transactions?limit=0", "", 200, `[]`, "30-wallets"},
		{"owner", "GET", of + "/utxos", "", 200, `[{"comment":null,"amount":"0.0004","outpoint":"{first}-0"`, "OnChainWalletUTXOData.cs"},
		{"owner", "PATCH", of + "/transactions/{first}", `{"comment":"  paid ","labels":["good"," good "]}`, 200, `{"transactionHash":"{first}","comment":"paid","labels":{"good":{"type":"raw","text":"good"},"invoice":{"ref"`, "WalletRepository.cs"},
		{"owner", "GET", of + "/transactions/{FIRST}", "", 200, `{"transactionHash":"{first}","comment":"","labels":{},`, "GreenfieldStoreOnChainWalletsController.cs: notes are found by the text"},
		{"owner", "PATCH", of + "/transactions/{first}", `{"comment":null,"labels":null}`, 200, `*"comment":"paid"`, "WalletRepository.cs"},
		{"owner", "GET", of + "/transactions?labelFilter=good&statusFilter=Confirmed", "", 200, `[{"transactionHash":"{first}"`, "GreenfieldStoreOnChainWalletsController.cs: in the list twice"},
		{"owner", "PATCH", of + "/transactions/{second}", `{"comment":"","labels":[null]}`, 500, "", "WalletRepository.cs"},
		{"owner", "GET", of + "/objects?type=label", "", 200, `[{"data":{"color":"#cedc21"},"links":[{"linkData":null,"objectData":{"comment":"paid"},"type":"tx","id":"{first}"}],"type":"label","id":"invoice"},{"data":{"color":"`, "TransactionLabelMarkerHostedService.cs"},
		{"owner", "GET", of + "/objects/invoice/{invoice}", "", 200, `{"data":null,"links":[{"linkData":null,"objectData":{"comment":"paid"},"type":"tx","id":"{first}"}]`, "TransactionLabelMarkerHostedService.cs"},
		{"owner", "DELETE", of + "/objects/label/invoice/links/tx/{first}", "", 200, "", "WalletRepository.cs"},
		{"owner", "DELETE", of + "/objects/label/invoice/links/tx/{first}", "", 404, `{"code":"wallet-object-not-found"`, "WalletRepository.cs"},
		{"owner", "DELETE", of + "/objects/invoice/{invoice}", "", 200, "", "WalletRepository.cs"},
		{"owner", "GET", of + "/transactions/{first}", "", 200, `*"labels":{"good":{"type":"raw","text":"good"}}`, "WalletRepository.cs"},
		{"owner", "POST", of + "/transactions", `{"destinations":[{"destination":"` + own + `","amount":"0.2504"}],"signWithSeed":false,"proceedWithBroadcast":false}`, 422, `[{"path":"Destinations","message":"You are sending your entire balance`, "30-wallets"},
		{"owner", "POST", of + "/transactions", `{"destinations":[{"destination":"bitcoin:` + own + `?amount=0.1"}],"excludeUnconfirmed":true,"selectedInputs":null}`, 503, `{"code":"not-available","message":"BTC sending services are not currently available"}`, "GreenfieldStoreOnChainWalletsController.cs: no hot wallet"},
		{"owner", "POST", of + "/transactions", `{"destinations":[{"destination":"` + own + `","amount":"0.1"}],"selectedInputs":["{second}-0"],"signWithSeed":false,"proceedWithBroadcast":false}`, 501, `{"code":"not-in-sandbox"`, "the sandbox"},
		{"owner", "POST", of + "/transactions", `{"destinations":[{"destination":"` + own + `","amount":"0.1"}],"selectedInputs":["{first}:0"]}`, 422, `[{"path":"Destinations","message":"You are attempting to send more than is available"}]`, "GreenfieldStoreOnChainWalletsController.cs"},
	}
	w.play(steps)
	var twice []json.RawMessage
	if err := json.Unmarshal([]byte(get(of+"/transactions?labelFilter=good&statusFilter=Confirmed")), &twice); err != nil || len(twice) != 2 {
		t.Errorf("%d transactions, want the same one twice: %v", len(twice), err)
	}
	w.control("effect", `{"replacePayment":"`+second+`"}`)
	w.play([]near{
		{"owner", "GET", of + "/transactions/{second}", "", 404, `{"code":"transaction-not-found"`, "a transaction that was replaced is in no wallet"},
		{"owner", "GET", of, "", 200, `{"balance":"0.0004"`, "a transaction that was replaced is in no wallet"},
	})

	// Another wallet knows nothing, and the first one everything again. Addresses are never given out twice.
	scheme := w.s.state.Stores[w.s.Seed().StoreID].Wallet.Scheme
	other := "tpubDCZB6sR48s4T6xoXqaYxScvf23kmQvg5QpyFkYnDBjsmviKHLSG9s6cp593Exg87tuMjXXMWDvBRXnJtzppcQf8Z8HdJP1rothfxm4qnPXo"
	w.play([]near{
		{"owner", "PUT", "/stores/{store}/payment-methods/BTC-CHAIN", `{"config":"` + other + `"}`, 200, `{"enabled":true`, "15-payment-methods"},
		{"owner", "GET", of, "", 200, `{"balance":"0"`, "the explorer knows schemes, not stores"},
		{"owner", "GET", of + "/address", "", 200, `*"keyPath":"0/0"`, "the explorer knows schemes, not stores"},
		{"owner", "PUT", "/stores/{store}/payment-methods/BTC-CHAIN", `{"config":"` + scheme + `"}`, 200, `{"enabled":true`, "15-payment-methods"},
		{"owner", "GET", of, "", 200, `{"balance":"0.0004"`, "the explorer knows schemes, not stores"},
		{"owner", "GET", of + "/address", "", 200, `*"keyPath":"0/3"`, "the explorer knows schemes, not stores"},
	})
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := NewHandler(Options{StateFile: state})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	st := again.state
	coins := st.CoinsOf(scheme)
	if len(coins) != 1 || coins[0].TxID != first || st.Schemes[scheme].Next != 4 || st.Stores[again.Seed().StoreID].Wallet.Reserved.Index != 3 {
		t.Errorf("after a restart: %d coins, %+v", len(coins), st.Schemes[scheme])
	}
}
