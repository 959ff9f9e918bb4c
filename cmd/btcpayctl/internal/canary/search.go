// Package canary looks for secrets where none should be: it finds them in any encoding,
// and its tests run every command on every keystore, with every fault, and search all
// that the program writes.
package canary

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/btcsuite/btcd/btcutil/base58"
)

// A Canary is a secret that must not be seen where it has no business.
type Canary struct {
	kind  string   // what it is; exceptions are made by this
	bases [][]byte // the secret as text, and as the bytes that the text encodes
}

// New takes a secret as it is written: in hex, or as any other text.
func New(kind, text string) Canary {
	c := Canary{kind: kind, bases: [][]byte{[]byte(text)}}
	if raw, err := hex.DecodeString(text); err == nil {
		c.bases = append(c.bases, raw)
	}
	return c
}

// Bech32 takes an identity of age. Its first part is the same in all.
func Bech32(kind, identity string) Canary {
	_, data, _ := strings.Cut(identity, "AGE-SECRET-KEY-1")
	number, bits := new(big.Int), 0
	for _, letter := range strings.ToLower(data[:len(data)-6]) { // without the checksum
		number.Or(number.Lsh(number, 5), big.NewInt(int64(strings.IndexRune("qpzry9x8gf2tvdw0s3jn54khce6mua7l", letter))))
		bits += 5
	}
	raw := number.Rsh(number, uint(bits%8)).FillBytes(make([]byte, bits/8))
	return Canary{kind: kind, bases: [][]byte{[]byte(data), raw}}
}

// A form is a canary in one encoding.
type form struct {
	kind, encoding string
	text           []byte
	piece          int // length of a part that holds 64 bits of the secret
}

// forms are the encodings of a canary. DER, PEM, JSON and the headers of HTTP
// hold it in one of these, at some distance from their beginning.
func (c Canary) forms() []form {
	var all []form
	for i, base := range c.bases {
		need := sourceBytes(base)
		name := []string{"", "bytes in "}[i]
		add := func(encoding string, text []byte) {
			piece := len(text)
			if len(base) > need {
				piece = (len(text)*need + len(base) - 1) / len(base)
			}
			if len(text) >= 8 {
				all = append(all, form{c.kind, name + encoding, text, max(piece, 8)})
			}
		}
		for encoding, text := range encodings(base) {
			if bytes.Contains(text, []byte("\ufffd")) || bytes.Contains(text, []byte(`\ufffd`)) {
				continue // it has replaced what is not UTF-8 by the same text, whatever the secret
			}
			add(encoding, text)
			backwards := slices.Clone(text)
			slices.Reverse(backwards)
			add(encoding+" backwards", backwards)
		}
		if reversed := slices.Clone(base); len(base) > 0 {
			slices.Reverse(reversed)
			add("hex of the bytes backwards", []byte(hex.EncodeToString(reversed)))
			add("base64 of the bytes backwards", []byte(base64.RawStdEncoding.EncodeToString(reversed)))
		}
		if len(base) == 32 {
			for _, version := range []byte{0x80, 0xef} {
				add("WIF", []byte(base58.CheckEncode(append(slices.Clone(base), 1), version)))
				add("WIF", []byte(base58.CheckEncode(base, version)))
			}
		}
	}
	return all
}

// encodings are the ways to write bytes. Of those that pack several bytes
// together there is one for each place at which the secret can begin, without the
// characters that it shares with its neighbours.
func encodings(base []byte) map[string][]byte {
	text := string(base)
	all := map[string][]byte{
		"plain":      base,
		"hex":        []byte(hex.EncodeToString(base)),
		"HEX":        []byte(strings.ToUpper(hex.EncodeToString(base))),
		"base58":     []byte(base58.Encode(base)),
		"decimal":    []byte(new(big.Int).SetBytes(base).String()),
		"query":      []byte(url.QueryEscape(text)),
		"path":       []byte(url.PathEscape(text)),
		"html":       []byte(html.EscapeString(text)),
		"quoted":     []byte(strings.Trim(fmt.Sprintf("%q", text), `"`)),
		"lower case": bytes.ToLower(base),
		"upper case": bytes.ToUpper(base),
		"numbers":    []byte(strings.Trim(fmt.Sprint(base), "[]")),
		"list":       []byte(strings.ReplaceAll(strings.Trim(fmt.Sprint(base), "[]"), " ", ",")),
		"list, wide": []byte(strings.ReplaceAll(strings.Trim(fmt.Sprint(base), "[]"), " ", ", ")),
	}
	if encoded, err := json.Marshal(text); err == nil {
		all["json"] = bytes.Trim(encoded, `"`)
	}
	for name, format := range map[string]string{
		"%XX": "%%%02X", "%xx": "%%%02x", `\xXX`: `\x%02x`, `\uXXXX`: `\u%04x`, `\UXXXX`: `\u%04X`, "octal": `\%03o`,
		"hex list": "0x%02x, ", "hex list, short": "0x%x, ", "hex, colons": "%02x:", "hex, spaces": "%02x ", "HEX, colons": "%02X:",
	} {
		var b strings.Builder
		for _, c := range base {
			fmt.Fprintf(&b, format, c)
		}
		all[name] = []byte(strings.TrimRight(b.String(), ", :"))
	}
	wide := utf16.Encode([]rune(text))
	all["UTF-16LE"], all["UTF-16BE"] = make([]byte, 2*len(wide)), make([]byte, 2*len(wide))
	for i, unit := range wide {
		binary.LittleEndian.PutUint16(all["UTF-16LE"][2*i:], unit)
		binary.BigEndian.PutUint16(all["UTF-16BE"][2*i:], unit)
	}
	for name, encode := range map[string]func([]byte) string{
		"base64": base64.RawStdEncoding.EncodeToString, "base64url": base64.RawURLEncoding.EncodeToString,
	} {
		for before := range 3 {
			all[fmt.Sprintf("%s+%d", name, before)] = shifted(base, before, 6, encode)
		}
	}
	for name, encode := range map[string]func([]byte) string{
		"base32": base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString, "base32hex": base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString,
	} {
		for before := range 5 {
			encoded := shifted(base, before, 5, encode)
			all[fmt.Sprintf("%s+%d", name, before)] = encoded
			all[fmt.Sprintf("%s+%d, lower case", name, before)] = bytes.ToLower(encoded)
		}
	}
	return all
}

// shifted encodes bytes that come after others, with so many bits a character.
func shifted(base []byte, before, bits int, encode func([]byte) string) []byte {
	encoded := encode(append(make([]byte, before), base...))
	from, to := (8*before+bits-1)/bits, 8*(before+len(base))/bits
	return []byte(encoded[from:max(from, to)])
}

// sourceBytes is how many bytes of a secret hold 64 bits that cannot be guessed.
func sourceBytes(base []byte) int {
	other := func(inside string) bool {
		return !strings.ContainsFunc(string(base), func(r rune) bool { return !strings.ContainsRune(inside, r) })
	}
	switch {
	case other("0123456789abcdef"):
		return 16
	case other("abcdefghijklmnopqrstuvwxyz0123456789"), other("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"):
		return 13
	case other("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+/%."):
		return 11
	}
	return 8
}

// A Finding is a canary that was seen.
type Finding struct {
	Kind, Encoding string
	At             int // offset in the data
}

// A Searcher looks for all pieces of all forms of canaries at once.
type Searcher struct {
	maybe  [1 << 13]byte // a bit for each hash of eight bytes that begin a piece
	pieces map[uint64][]piece
	known  map[string]bool
	forms  int
}

type piece struct {
	*form
	from int
}

// NewSearcher returns a searcher for these canaries.
func NewSearcher(canaries ...Canary) *Searcher {
	s := &Searcher{pieces: map[uint64][]piece{}, known: map[string]bool{}}
	s.Add(canaries...)
	return s
}

// Add takes further canaries; one that is known counts as the kind it was first.
func (s *Searcher) Add(canaries ...Canary) {
	for _, c := range canaries {
		if text := string(c.bases[0]); len(text) < 8 || s.known[text] {
			continue
		}
		s.known[string(c.bases[0])] = true
		for _, f := range c.forms() {
			s.forms++
			for from := 0; from+f.piece <= len(f.text); from++ {
				start := binary.LittleEndian.Uint64(f.text[from:])
				s.pieces[start] = append(s.pieces[start], piece{&f, from})
				h := hash(start)
				s.maybe[h>>3] |= 1 << (h & 7)
			}
		}
	}
}

// Knows reports whether the searcher looks for this text.
func (s *Searcher) Knows(text string) bool { return s.known[text] }

func hash(start uint64) uint16 { return uint16(start * 0x9e3779b97f4a7c15 >> 48) }

// Search returns the first place at which each canary is seen.
func (s *Searcher) Search(data []byte) []Finding {
	var found []Finding
	for at := 0; at+8 <= len(data); at++ {
		start := binary.LittleEndian.Uint64(data[at:])
		if h := hash(start); s.maybe[h>>3]&(1<<(h&7)) == 0 {
			continue
		}
		for _, p := range s.pieces[start] {
			if !bytes.HasPrefix(data[at:], p.text[p.from:p.from+p.piece]) {
				continue
			}
			if !slices.ContainsFunc(found, func(f Finding) bool { return f.Kind == p.kind }) {
				found = append(found, Finding{p.kind, p.encoding, at})
			}
		}
	}
	return found
}
