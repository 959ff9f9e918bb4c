package world

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/btcsuite/btcd/btcutil/bech32"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// The server's words for a destination of the Lightning network that is none.
const (
	noLightning = "A valid BOLT11 invoice or LNURL Pay or Lightning address was not provided."
	notOnline   = "The LNURL / Lightning Address provided was not online."
	expired     = "The BOLT11 invoice submitted has expired."
)

// parseLightning reads a destination of the Lightning network. The server asks the service that an address or a LNURL
// names, and there is no network here.
func parseLightning(text string, of *PullPayment, now time.Time) (Destination, string) {
	if user, host, found := strings.Cut(text, "@"); found && user != "" && strings.Contains(host, ".") && !strings.ContainsAny(text, " /:?") {
		return Destination{}, notOnline
	}
	plain := strings.TrimPrefix(aspnet.LowerASCII(text), "lightning:")
	switch tag, found := tagOfLNURL(plain); {
	case found && tag == "":
		return Destination{}, notOnline
	case found && strings.EqualFold(tag, "payRequest"):
		return Destination{Text: text}, "" // it may be paid again and again
	}
	inv, ok := parseBOLT11(plain)
	switch {
	case !ok:
		return Destination{}, noLightning
	case inv.expires.Before(now):
		return Destination{}, expired
	}
	if left := inv.expires.Sub(now); of != nil && left < time.Duration(of.BOLT11Days)*24*time.Hour {
		return Destination{}, fmt.Sprintf("The BOLT11 invoice must have an expiry date of at least %d days from submission (Provided was only %d).", of.BOLT11Days, left/(24*time.Hour))
	}
	return Destination{Text: text, ID: inv.id, Amount: inv.amount}, ""
}

// tagOfLNURL returns what a LNURL says that it is for, in its scheme or its query. It reports whether a text is one.
func tagOfLNURL(text string) (tag string, found bool) {
	if strings.HasPrefix(text, "lnurl1") {
		name, data, err := bech32.DecodeNoLimit(text)
		if err != nil || name != "lnurl" {
			return "", false
		}
		address, err := bech32.ConvertBits(data, 5, 8, false)
		if err != nil {
			return "", false
		}
		u, err := url.Parse(string(address))
		if err != nil || u.Scheme != "https" && !strings.HasSuffix(u.Hostname(), ".onion") {
			return "", false
		}
		return u.Query().Get("tag"), true
	}
	tags := map[string]string{"lnurlc": "channelRequest", "lnurlw": "withdrawRequest", "lnurlp": "payRequest", "keyauth": "login"}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || tags[u.Scheme] == "" {
		return "", false
	}
	return tags[u.Scheme], true
}

// bolt11 is an invoice of the Lightning network, as far as a payout needs it.
type bolt11 struct {
	id      string
	amount  *money.Decimal // in BTC; nil for any
	expires time.Time
}

const (
	signatureWords = 104 // of 5 bits
	timestampWords = 7
	hashWords      = 52
	fieldPayment   = 1
	fieldExpiry    = 6
	fieldSecret    = 16
)

// parseBOLT11 reads an invoice of regtest, and reports whether a text is one. Like the server it does not check who signed.
func parseBOLT11(text string) (bolt11, bool) {
	name, words, version, err := bech32.DecodeNoLimitWithVersion(text)
	end := len(words) - signatureWords
	if err != nil || version != bech32.Version0 || end < timestampWords {
		return bolt11{}, false
	}
	var inv bolt11
	var ok bool
	if inv.amount, ok = amountOfBOLT11(name); !ok {
		return bolt11{}, false
	}
	created, lasts := bigEndian(words[:timestampWords]), uint64(time.Hour/time.Second)
	seen := map[byte]bool{}
	for at := timestampWords; at < end; {
		if at+3 > end {
			return bolt11{}, false
		}
		field, size := words[at], int(words[at+1])<<5|int(words[at+2])
		at += 3
		if at+size > end {
			return bolt11{}, false
		}
		switch {
		case field == fieldExpiry:
			if lasts = bigEndian(words[at : at+size]); lasts > aspnet.LastSecond {
				return bolt11{}, false
			}
		case (field == fieldPayment || field == fieldSecret) && size == hashWords:
			if seen[field] {
				return bolt11{}, false
			}
			seen[field] = true
		}
		at += size
	}
	if created+lasts > aspnet.LastSecond {
		return bolt11{}, false
	}
	inv.expires = time.Unix(int64(created+lasts), 0)
	signed, err := bech32.ConvertBits(words[:end], 5, 8, true)
	if err != nil {
		return bolt11{}, false
	}
	hash := sha256.Sum256(append([]byte(name), signed...))
	inv.id = hex.EncodeToString(hash[:])
	return inv, true
}

// bigEndian is the number in words of 5 bits; one that is too long for 64 bits is the largest.
func bigEndian(words []byte) uint64 {
	n := uint64(0)
	for _, word := range words {
		if n>>59 != 0 {
			return 1<<62 - 1
		}
		n = n<<5 | uint64(word)
	}
	return n
}

// amountOfBOLT11 returns the amount in the first part of an invoice, which names the network. Nil is any amount.
func amountOfBOLT11(name string) (*money.Decimal, bool) {
	text, found := strings.CutPrefix(name, "lnbcrt")
	if text == "" {
		return nil, found
	}
	decimals := map[byte]int{'m': 3, 'u': 6, 'n': 9, 'p': 12}[text[len(text)-1]]
	if decimals > 0 {
		text = text[:len(text)-1]
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if !found || err != nil || n < 0 || len(text) > 12 || decimals == 12 && n%10 != 0 {
		return nil, false
	}
	if n == 0 {
		return nil, true
	}
	return new(money.New(n, decimals).Trim(0)), true
}
