package invoice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// refuseDoubled refuses a name that stands twice in one object. Names that differ in
// their capitals count as one, but for those of the metadata, where they are the
// caller's own and the server keeps both.
func refuseDoubled(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	rest := []byte{'{'}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		if strings.EqualFold(name.(string), "metadata") {
			inner := json.NewDecoder(bytes.NewReader(value))
			inner.UseNumber()
			if err := refuseSame(inner); err != nil {
				return err
			}
			value = []byte("null")
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		rest = append(append(append(rest, rawText(name.(string))...), ':'), value...)
	}
	return client.RefuseDuplicates(append(rest, '}'))
}

// refuseSame refuses names that stand twice with the same capitals.
func refuseSame(decoder *json.Decoder) error {
	token, err := decoder.Token()
	delim, nested := token.(json.Delim)
	if err != nil || !nested {
		return err
	}
	seen := map[string]bool{}
	for decoder.More() {
		if delim == '{' {
			token, err := decoder.Token()
			if err != nil {
				return err
			}
			name := token.(string)
			if seen[name] {
				return fmt.Errorf("%w: %.40q", client.ErrDuplicate, name)
			}
			seen[name] = true
		}
		if err := refuseSame(decoder); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}

// maxDepth is how deep servers read an order.
const maxDepth = 32

func checkDepth(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	for depth := 0; ; {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case token == json.Delim('{') || token == json.Delim('['):
			if depth++; depth > maxDepth {
				return fmt.Errorf("it is nested more than %d deep, which servers refuse", maxDepth)
			}
		case token == json.Delim('}') || token == json.Delim(']'):
			depth--
		}
	}
}

// ownPrefix begins the members of the metadata that are this program's.
const ownPrefix = "btcpayctl"

// checkMetadata keeps the caller's metadata and this program's apart, and refuses an
// order id that is none.
func checkMetadata(metadata greenfield.Metadata) error {
	for name := range metadata {
		if len(name) >= len(ownPrefix) && strings.EqualFold(name[:len(ownPrefix)], ownPrefix) {
			return fmt.Errorf("%.60q: names that begin with %s belong to this program", "metadata."+name, ownPrefix)
		}
	}
	return checkScalar(`"metadata.orderId"`, metadata[greenfield.MetaOrderID])
}

// takeOrderID makes a text of an order id in the members of the BitPay API, as the
// server does. It returns the order id as it was, for the API that keeps it.
func takeOrderID(raw []byte, members map[string]json.RawMessage) (rest []byte, id json.RawMessage, err error) {
	for name, value := range members {
		value = bytes.TrimSpace(value)
		if !strings.EqualFold(name, "orderId") || len(value) == 0 || value[0] == '"' {
			continue
		}
		if err := checkScalar(`"`+name+`"`, value); err != nil {
			return nil, nil, err
		}
		members[name] = rawText(string(value))
		rest, err := json.Marshal(members)
		return rest, value, err
	}
	return raw, nil, nil
}
