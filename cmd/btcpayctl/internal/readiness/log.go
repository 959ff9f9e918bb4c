package readiness

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A Request is the part of an invoice's request that can be a reason for a refusal.
type Request struct {
	Methods []string // the payment methods that were asked for, if any
	// Known reports whether BTCPay Server knows a currency.
	Known func(currency string) bool
}

type logForms struct {
	line, method, rates, ratesOld, source *regexp.Regexp
}

// The server's log of a refused invoice has a line per step. Since 2.0 a line about a method
// begins with its id, before that with its currency (recordings 20-invoices,
// 29-lightning-absent and 63-bitpay-invoices of all four versions).
var forms = sync.OnceValue(func() logForms {
	return logForms{
		line:     regexp.MustCompile(`^[0-9/.\- ]+[0-9:]+ ?(?:[AP]M)?:(Info|Warning|Error|Success) `),
		method:   regexp.MustCompile(`^([A-Z0-9]+(?:[-_][A-Za-z0-9]+)*)(?: \([^)]*\))?: `),
		rates:    regexp.MustCompile(`Unable to get rate\(s\) ([A-Z0-9_, ]+), this payment method disabled`),
		ratesOld: regexp.MustCompile(`^([A-Z0-9]+_[A-Z0-9]+): Rate rule error`),
		source:   regexp.MustCompile(`Error from exchange ([A-Za-z0-9_.\-]+)`),
	}
})

// signs are texts of the server, which are the same from 1.13.5 to 2.4.1, and what they
// mean. An earlier one counts before a later one.
var signs = []struct {
	text string
	kind Kind
}{
	{"below the dust threshold", TooSmall},
	{"Invoice amount below accepted value", BelowLimit},
	{"Invoice amount above accepted value", AboveLimit},
	{"unable to fetch the rate of those limits", NoRate},
	{"Full node not available", NodeAway},
	{"LNURL requires a lightning node", NoLightning},
	{"not available for top-up invoices", NeedsAmount},
	{"lightning node is not synched", LightningBehind},
	{"lightning node did not repl", LightningAway},
	{"Impossible to create lightning invoice", LightningAway},
	{"Error while connecting to the lightning node", LightningAway},
}

// connectionFailures are parts of the stack trace of a server that cannot reach its node.
var connectionFailures = []string{"HttpRequestException", "SocketException", "NBXplorerException", "TaskCanceledException", "Connection refused", "TimeoutException"}

// Read reads the text with which a server refuses an invoice. The result has at least one
// cause, in the order in which to report them.
func Read(message string, asked Request) []Cause {
	if strings.Contains(message, "No wallet has been linked") {
		return []Cause{{Kind: NoWallet}}
	}
	var causes []Cause
	add := func(kind Kind, method, subject string) {
		for i := range causes {
			if causes[i].Kind == kind && causes[i].Subject == subject {
				if method != "" && !slices.Contains(causes[i].Methods, method) {
					causes[i].Methods = append(causes[i].Methods, method)
				}
				return
			}
		}
		c := Cause{Kind: kind, Subject: subject}
		if method != "" {
			c.Methods = []string{method}
		}
		causes = append(causes, c)
	}
	sources := sourcesOf(message)
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		f := forms()
		severity := "Error"
		if at := f.line.FindStringSubmatch(line); at != nil {
			severity, line = at[1], line[len(at[0]):]
		}
		if pairs := missingRates(line); len(pairs) > 0 {
			for _, pair := range pairs {
				add(rateKind(pair, sources, asked), "", rateSubject(pair, sources))
			}
			continue
		}
		if severity == "Info" {
			continue
		}
		method := ""
		if at := f.method.FindStringSubmatch(line); at != nil {
			method, line = at[1], line[len(at[0]):]
		}
		if kind := kindOf(line); kind != "" {
			add(kind, method, "")
		} else if method != "" && severity == "Error" && !strings.HasPrefix(line, "NodeInfo failed") {
			add(Unknown, "", sentenceOf(line))
		}
	}
	switch {
	case len(causes) > 0:
	case len(asked.Methods) > 0:
		return []Cause{{Kind: NoMethod, Methods: asked.Methods}}
	default:
		return []Cause{{Kind: Disabled}}
	}
	return sorted(causes)
}

func sorted(causes []Cause) []Cause {
	slices.SortStableFunc(causes, func(a, b Cause) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	return causes
}

func kindOf(line string) Kind {
	for _, sign := range signs {
		if strings.Contains(line, sign.text) {
			return sign.kind
		}
	}
	if strings.HasPrefix(line, "Unexpected exception") {
		for _, failure := range connectionFailures {
			if strings.Contains(line, failure) {
				return NodeAway
			}
		}
	}
	return ""
}

func missingRates(line string) []string {
	if at := forms().rates.FindStringSubmatch(line); at != nil {
		return strings.FieldsFunc(at[1], func(r rune) bool { return r == ',' || r == ' ' })
	}
	if at := forms().ratesOld.FindStringSubmatch(line); at != nil {
		return at[1:]
	}
	return nil
}

// sourcesOf are the sources of rates that failed.
func sourcesOf(message string) []string {
	var names []string
	for _, at := range forms().source.FindAllStringSubmatch(message, -1) {
		if !slices.Contains(names, at[1]) {
			names = append(names, at[1])
		}
	}
	return names
}

func rateKind(pair string, sources []string, asked Request) Kind {
	_, currency, _ := strings.Cut(pair, "_")
	switch {
	case asked.Known != nil && !asked.Known(currency):
		return UnknownCurrency
	case len(sources) > 0:
		return SourceAway
	}
	return NoRate
}

func rateSubject(pair string, sources []string) string {
	if len(sources) > 0 {
		return pair + " from " + strings.Join(sources, ", ")
	}
	return pair
}

// sentenceOf is the beginning of a line that this package does not know.
func sentenceOf(line string) string {
	const most = 100
	line = strings.TrimSuffix(strings.TrimPrefix(line, "Payment method unavailable ("), ")")
	if runes := []rune(line); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return line
}
