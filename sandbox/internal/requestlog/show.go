package requestlog

import (
	"net/url"
	"slices"
	"strings"
)

// Credential describes the credential without a secret.
func (c Caller) Credential() string {
	var text string
	switch c.Kind {
	case None:
		return "none"
	case APIKey:
		text = "API key"
		if c.Name != "" {
			text += ` "` + c.Name + `"`
		}
		text += lastOf(c.Secret)
	case Basic:
		text = "Basic " + c.Name
	case Session:
		text = "log-in of " + c.Name
	case BitID:
		text = "BitId " + c.Name
	case LegacyKey:
		text = "legacy key" + lastOf(c.Secret)
		if c.Name != "" {
			text += " of store " + c.Name
		}
	}
	if text = strings.TrimSpace(text); c.Refused {
		text += " (refused)"
	}
	return text
}

// lastOf is how a secret is named: by its last four characters, if it is long.
func lastOf(secret string) string {
	if len(secret) < 16 || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return " …" + secret[len(secret)-4:]
}

// Line is the path with the query, without secrets.
func (e Entry) Line() string { return showTarget(e.Target, e.Hidden) }

// ShowURL returns a URL without secrets: without its user and fragment.
func ShowURL(text string) string {
	text, _, _ = strings.Cut(text, "#")
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return showTarget(text, "")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host := rest[strings.LastIndexByte(rest[:end], '@')+1 : end]
	return strings.ToValidUTF8(scheme+"://"+host, "?") + showTarget(rest[end:], "")
}

func showTarget(target, hidden string) string {
	if _, rest, absolute := strings.Cut(target, "://"); absolute && !strings.HasPrefix(target, "/") {
		_, rest, _ = strings.Cut(rest, "/")
		target = "/" + rest
	}
	path, query, found := strings.Cut(target, "?")
	segments := strings.Split(path, "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			plain = s
		}
		if looksSecret(plain) || plain != "" && plain == hidden || i > 0 && holdsSecrets(segments[i-1]) && len(plain) > longestWord {
			segments[i] = hide(plain)
		}
	}
	text := strings.Join(segments, "/")
	if found {
		text += "?" + showQuery(query)
	}
	return strings.ToValidUTF8(text, "?")
}

// looksSecret reports whether a text has the form of an API key. Ids have another one.
func looksSecret(text string) bool {
	return len(text) == 40 && strings.Trim(strings.ToLower(text), "0123456789abcdef") == ""
}

// longestWord is the longest literal segment behind one that [holdsSecrets].
const longestWord = 16

// holdsSecrets reports whether a segment comes before a secret in the server's addresses, also if the rest of the address is
// wrong.
func holdsSecrets(segment string) bool {
	return strings.EqualFold(segment, "tokens") || strings.EqualFold(segment, "api-keys")
}

func hide(secret string) string { return "…" + strings.TrimPrefix(lastOf(secret), " …") }

// harmless are the parameters of a query whose values are no secrets, in lower case.
var harmless = []string{
	"count", "cryptocode", "currencypair", "currencypairs", "dateend", "datestart", "enddate", "includearchived", "includeconfig", "includepaymentmethods",
	"invoiceid", "itemcode", "limit", "offset", "onlyenabled", "orderid", "paymentmethod", "paymentmethodid", "skip", "startdate", "status",
	"storeid", "strict", "take", "textsearch",
}

// showQuery leaves out the values of parameters that may be secrets.
func showQuery(query string) string {
	const longestParameter = 30
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		switch {
		case len(name) > longestParameter:
			name = hide(name)
			value = "…"
		case looksSecret(value) || !slices.Contains(harmless, strings.TrimSuffix(strings.ToLower(name), "[]")):
			value = "…"
		}
		if pairs[i] = name; found {
			pairs[i] += "=" + value
		}
	}
	return strings.Join(pairs, "&")
}
