package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// body puts the body of a request into a step, and returns it with variables.
func (m *merger) body(a asked, request map[string]any) (text, contentType string, ok bool) {
	contentType = a.header.Get("Content-Type")
	if len(a.body) == 0 {
		if contentType != "" {
			request["contentType"] = contentType
		}
		return "", contentType, true
	}
	text, ok = m.template(m.redirected(string(a.body)), func(v mergeVar) string { return v.was })
	usual := "text/plain; charset=utf-8"
	switch {
	case !ok:
		return "", "", false
	case json.Valid([]byte(text)):
		request["json"], usual = json.RawMessage(text), "application/json"
		var compact bytes.Buffer
		if json.Compact(&compact, []byte(text)) == nil {
			text = compact.String()
		}
	default:
		request["text"] = text
	}
	if contentType != usual {
		request["contentType"] = contentType
	}
	return text, contentType, true
}

// redirected has the events that a request asks for go to the receiver of the player, instead of the client's.
func (m *merger) redirected(body string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(body), &fields) != nil {
		return body
	}
	for name, value := range fields {
		text, _ := value.(string)
		u, err := url.Parse(text)
		if strings.EqualFold(name, "url") || strings.EqualFold(name, "notificationURL") {
			if err == nil && u.Host != "" {
				body = strings.ReplaceAll(body, u.Scheme+"://"+u.Host, m.vars[0].now[0])
				m.vars[0].was = m.vars[0].now[0]
			}
		}
	}
	return body
}

// credential puts the credential of a request into a step. Only those of the sandbox are kept: others become one that is none.
func (m *merger) credential(a asked, request map[string]any) (key string, ok bool) {
	was := func(v mergeVar) string { return v.was }
	if identity := a.header.Get("X-Identity"); identity != "" {
		public, err := bitid.CompressKey(identity)
		if err != nil {
			return "", false
		}
		key = m.keyOf(bitid.SIN(public))
		request["auth"] = map[string]any{"bitid": key}
		return key, true
	}
	header := a.header.Get("Authorization")
	scheme, text, _ := strings.Cut(header, " ")
	switch {
	case header == "":
		return "", true
	case strings.EqualFold(scheme, "token") || strings.EqualFold(scheme, "Bearer"):
		kind := strings.ToLower(scheme)
		value, _ := m.template(strings.TrimSpace(text), was)
		if !strings.HasPrefix(value, "{{") {
			value = "not-a-key-of-the-sandbox"
		}
		request["auth"] = map[string]any{kind: value}
		return "", true
	}
	user, password, isBasic := basicOf(header)
	if !isBasic || strings.Contains(user+password, "{{") {
		return "", false
	}
	if !a.basic {
		password = "not a password of the sandbox"
	} else if user == m.record.email {
		password = recordedPassword
	}
	request["auth"] = map[string]any{"basic": []string{user, password}}
	return "", true
}

// keyOf returns the name of the key that replaces a client's.
func (m *merger) keyOf(sin string) string {
	if name := m.names[sin]; name != "" {
		return name
	}
	name := fmt.Sprintf("client%d", len(m.keys)+1)
	private, public := btcec.PrivKeyFromBytes(random.Bytes(32))
	m.names[sin], m.keys[name] = name, private
	own := bitid.SIN(public.SerializeCompressed())
	m.vars = append(m.vars, mergeVar{name + ".sin", sin, [2]string{own, own}})
	return name
}

// sign adds the credential of a step to the header of a play.
func (p *mergePlay) sign(m *merger, i int, header http.Header, request map[string]any, path, body, key string) {
	auth, _ := request["auth"].(map[string]any)
	switch {
	case key != "":
		private := m.keys[key]
		digest := sha256.Sum256([]byte(p.base + p.s.rootPath + path + body))
		header.Set("X-Identity", hex.EncodeToString(private.PubKey().SerializeCompressed()))
		header.Set("X-Signature", hex.EncodeToString(ecdsa.Sign(private, digest[:]).Serialize()))
	case auth["token"] != nil:
		header.Set("Authorization", "token "+m.fill(auth["token"].(string), i))
	case auth["bearer"] != nil:
		header.Set("Authorization", "Bearer "+m.fill(auth["bearer"].(string), i))
	case auth["basic"] != nil:
		pair := auth["basic"].([]string)
		(&http.Request{Header: header}).SetBasicAuth(pair[0], pair[1])
	}
}
