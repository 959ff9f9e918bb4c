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

// refuseDuplicateFields refuses duplicate names in a JSON object. Names that differ only in
// case are duplicates, except in the metadata, whose names are the caller's own and kept by
// the server.
func refuseDuplicateFields(raw []byte) error {
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
			if err := refuseDuplicates(inner); err != nil {
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

// refuseDuplicates refuses names that are duplicates with the same case.
func refuseDuplicates(decoder *json.Decoder) error {
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
		if err := refuseDuplicates(decoder); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}

// maxDepth is the deepest nesting that servers accept in an order.
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
				return fmt.Errorf("its nesting is deeper than %d, which servers refuse", maxDepth)
			}
		case token == json.Delim('}') || token == json.Delim(']'):
			depth--
		}
	}
}

// ownPrefix begins the metadata fields of this program.
const ownPrefix = "btcpayctl"

// reasonField is the field, or column, of a row that --failed wrote: why the row has no
// invoice. It is ignored when the row is read again.
const reasonField = ownPrefix + "Error"

// checkMetadata refuses metadata fields with this program's prefix, and values that cannot
// be an order id.
func checkMetadata(metadata greenfield.Metadata) error {
	for name := range metadata {
		if len(name) >= len(ownPrefix) && strings.EqualFold(name[:len(ownPrefix)], ownPrefix) {
			return fmt.Errorf("%.60q: names that begin with %s are reserved", "metadata."+name, ownPrefix)
		}
	}
	return checkScalar(`"metadata.orderId"`, metadata[greenfield.MetaOrderID])
}

// takeOrderID converts an order id in the fields of the BitPay API to a string, like the
// server. It returns the original value for the API that keeps it.
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
