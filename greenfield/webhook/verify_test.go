package webhook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

func signed(signatures ...string) http.Header { return http.Header{"Btcpay-Sig": signatures} }

func TestVerify(t *testing.T) {
	t.Parallel()
	// RFC 4231, test case 2, with a key that is as long as a secret has to be.
	const text = "what do ya want for nothing?"
	for _, key := range []string{"my own secret", "changed secret", "ü 😀 secret", " a secret with blanks ", strings.Repeat("long ", 50)} {
		got, err := webhook.Sign(secret(t, key), []byte(text))
		if want := sign(key, []byte(text)); err != nil || got != want {
			t.Errorf("%q: signed %s, %v; want %s", key, got, err, want)
		}
	}
	older, newer := "the older secret", "the newer secret"
	both := []webhook.Secret{secret(t, newer), secret(t, older)}
	for _, d := range recorded(t) {
		raw := []byte(d.Body)
		for _, key := range []string{older, newer} {
			must(t, webhook.Verify(both, signed(sign(key, raw)), raw))
			must(t, webhook.VerifySignature(both, sign(key, raw), raw))
		}
		// Rotation has ended.
		if err := webhook.Verify(both[:1], signed(sign(older, raw)), raw); !errors.Is(err, webhook.ErrSignature) {
			t.Errorf("%s: the old secret was accepted: %v", d.Version, err)
		}
		// The same JSON in another layout is another body.
		var value any
		must(t, json.Unmarshal(raw, &value))
		compact, err := json.Marshal(value)
		must(t, err)
		if err := webhook.Verify(both, signed(sign(older, raw)), compact); !errors.Is(err, webhook.ErrSignature) {
			t.Errorf("%s: another layout was accepted: %v", d.Version, err)
		}
	}
	must(t, webhook.Verify(both, http.Header{"btcpay-sig": {sign(older, nil)}}, nil))
}

func TestBadInputSignature(t *testing.T) {
	t.Parallel()
	const key = "the secret of the hook"
	secrets, raw := []webhook.Secret{secret(t, key)}, []byte(body("d", "d", "i"))
	good := sign(key, raw)
	for name, header := range map[string]http.Header{
		"missing":               {},
		"no map":                nil,
		"empty":                 signed(""),
		"no value":              signed(),
		"only the algorithm":    signed("sha256="),
		"no algorithm":          signed(good[len("sha256="):]),
		"capitals":              signed(strings.ToUpper(good)),
		"capital digits":        signed("sha256=" + strings.ToUpper(good[7:])),
		"capital algorithm":     signed("SHA256=" + good[7:]),
		"another algorithm":     signed("sha1=" + good[7:47]),
		"its name only":         signed("sha512=" + good[7:]),
		"truncated":             signed(good[:len(good)-1]),
		"a byte less":           signed(good[:len(good)-2]),
		"longer":                signed(good + "00"),
		"blank before":          signed(" " + good),
		"blank behind":          signed(good + " "),
		"blank inside":          signed("sha256= " + good[7:]),
		"line break":            signed(good + "\n"),
		"twice":                 signed(good, good),
		"twice, one of another": signed(good, sign("another secret", raw)),
		"in two letter cases":   {"Btcpay-Sig": {good}, "BTCPay-Sig": {good}},
		"joined":                signed(good + "," + good),
		"joined with blank":     signed(good + ", " + good),
		"full width":            signed("sha256=" + strings.Repeat("ａ", 64)),
		"not hexadecimal":       signed("sha256=" + strings.Repeat("g", 64)),
		"null":                  signed(good[:len(good)-1] + "\x00"),
		"another secret":        signed(sign("another secret", raw)),
		"another body":          signed(sign(key, raw[1:])),
		"no body":               signed(sign(key, nil)),
		"another header":        {"Btcpay-Sig-2": {good}},
	} {
		err := webhook.Verify(secrets, header, raw)
		if !errors.Is(err, webhook.ErrSignature) {
			t.Errorf("%s: accepted, %v", name, err)
		} else if strings.Contains(err.Error(), good[7:20]) || strings.Contains(err.Error(), key) {
			t.Errorf("%s: the error has a signature or a secret: %v", name, err)
		}
	}
}

func TestBadInputSecret(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "        ", "\n\n\n\n\n\n\n\n\n", "short", "1234567", "a long secret\n", "a long secret\r\n", "\na long secret", "\xff\xfe a secret", "[redacted]"} {
		_, err := webhook.NewSecret(text)
		if !errors.Is(err, webhook.ErrSecret) || len(text) > 9 && text != "[redacted]" && strings.Contains(err.Error(), strings.TrimSpace(text)) {
			t.Errorf("%q: %v", text, err)
		}
	}
	raw := []byte("{}")
	unset := webhook.Secret{}
	for name, secrets := range map[string][]webhook.Secret{
		"none": nil, "empty": {}, "not set": {unset}, "one not set": {secret(t, "a good secret"), unset},
	} {
		// An HMAC with an empty key can be computed by every sender.
		if err := webhook.Verify(secrets, signed(sign("", raw)), raw); !errors.Is(err, webhook.ErrSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := webhook.Sign(unset, raw); !errors.Is(err, webhook.ErrSecret) {
		t.Errorf("signed with no secret: %v", err)
	}
}

func TestSecretHidden(t *testing.T) {
	t.Parallel()
	const text = "the secret of the hook"
	holder := struct{ hidden webhook.Secret }{secret(t, text)}
	var out strings.Builder
	logger := slog.New(slog.NewTextHandler(&out, nil))
	logger.Info("x", "secret", holder.hidden, "holder", holder)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb, holder, holder.hidden)
	}
	_, err := json.Marshal(holder.hidden)
	if !errors.Is(err, webhook.ErrSecret) || strings.Contains(out.String(), text) || strings.Contains(out.String(), "746865") {
		t.Errorf("%v, %s", err, out.String())
	}
}

// TestTortureMutations changes what a sender sends: nothing but the original is accepted.
func TestTortureMutations(t *testing.T) {
	times := 10_000
	if os.Getenv("BTCPAYCTL_TORTURE") == "1" {
		times = 1_000_000
	}
	const key = "the secret of the hook"
	random := rand.New(rand.NewPCG(7, 11))
	secrets := []webhook.Secret{secret(t, key), secret(t, "the secret before it")}
	deliveries := recorded(t)
	signatures := make([]string, len(deliveries))
	for i, d := range deliveries {
		signatures[i] = sign(key, []byte(d.Body))
	}
	made, accepted := 0, 0
	for made < times {
		i := random.IntN(len(deliveries))
		raw, signature, with := deliveries[i].Body, signatures[i], secrets
		switch random.IntN(8) {
		case 0:
			other := random.IntN(len(deliveries))
			if deliveries[other].Body == raw {
				continue
			}
			signature = signatures[other]
		case 1:
			changed := []byte(key)
			changed[random.IntN(len(changed))] ^= byte(1 << random.IntN(7))
			s, err := webhook.NewSecret(string(changed))
			if err != nil {
				continue
			}
			with = []webhook.Secret{s}
		case 2, 3, 4:
			signature = mutateText(random, signature)
		default:
			raw = mutateText(random, raw)
		}
		made++
		if webhook.VerifySignature(with, signature, []byte(raw)) == nil {
			accepted++
			t.Errorf("accepted %q for %q", signature, raw)
		}
	}
	t.Attr("figure", fmt.Sprintf("mutated webhook deliveries accepted, of %d | %d | = 0", made, accepted))
}

// mutateText returns a text that differs from the given one.
func mutateText(random *rand.Rand, text string) string {
	at := random.IntN(len(text))
	switch random.IntN(6) {
	case 0:
		return text[:at] + text[at+1:]
	case 1:
		return text[:at] + string(rune(random.IntN(256))) + text[at:]
	case 2:
		return text[:at]
	case 3:
		if upper := strings.ToUpper(text[:at+1]) + text[at+1:]; upper != text {
			return upper
		}
	case 4:
		return text + " \t\r\n0aé"[random.IntN(7):]
	}
	return text[:at] + string(text[at]^byte(1<<random.IntN(8))) + text[at+1:]
}

func BenchmarkVerify(b *testing.B) {
	raw := []byte(body("d", "d", "i"))
	const key = "the secret of the hook"
	secrets, signature := []webhook.Secret{secret(b, key)}, sign(key, raw)
	for b.Loop() {
		if err := webhook.VerifySignature(secrets, signature, raw); err != nil {
			b.Fatal(err)
		}
	}
}
