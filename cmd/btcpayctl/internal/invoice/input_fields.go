package invoice

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// greenfieldFields are fields that only a request of that API has.
var greenfieldFields = []string{"amount", "metadata", "checkout", "receipt", "additionalSearchTerms"}

// metadataFields are fields of the BitPay API that the Greenfield API has in the metadata,
// under the same name.
var metadataFields = []string{
	greenfield.MetaOrderID, greenfield.MetaItemCode, greenfield.MetaItemDesc, greenfield.MetaPosData, greenfield.MetaTaxIncluded, greenfield.MetaPhysical,
	greenfield.MetaBuyerName, greenfield.MetaBuyerEmail, greenfield.MetaBuyerPhone, greenfield.MetaBuyerAddress1, greenfield.MetaBuyerAddress2,
	greenfield.MetaBuyerCity, greenfield.MetaBuyerState, greenfield.MetaBuyerZip, greenfield.MetaBuyerCountry,
}

// joinFields gives an order the fields of one API, and returns the name of its amount. Amount
// beside fields of the BitPay API is its price. Fields such as orderId beside metadata or
// checkout belong into the metadata.
func joinFields(raw []byte, members map[string]json.RawMessage) (joined []byte, amount string, err error) {
	var native, other []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch {
		case slices.Contains(greenfieldFields, name):
			native = append(native, name)
		case !strings.EqualFold(name, "currency"):
			other = append(other, name)
		}
	}
	switch {
	case len(native) == 0:
		return raw, "price", nil
	case len(other) == 0:
		return raw, "amount", nil
	case slices.Equal(native, []string{"amount"}):
		if name, _, found := fieldNamed(members, "price"); found {
			return nil, "", fmt.Errorf("%q and %q are both given", "amount", name)
		}
		members["price"] = members["amount"]
		delete(members, "amount")
		raw, err = json.Marshal(members)
		return raw, "price", err
	}
	return joinMetadata(members, native, other)
}

func joinMetadata(members map[string]json.RawMessage, native, other []string) (joined []byte, amount string, err error) {
	metadata := map[string]json.RawMessage{}
	if given, found := members["metadata"]; found {
		if err := json.Unmarshal(given, &metadata); err != nil {
			return nil, "", fmt.Errorf("%q is not a JSON object", "metadata")
		}
	}
	for _, name := range other {
		value := members[name]
		delete(members, name)
		if strings.EqualFold(name, "price") && members["amount"] == nil {
			members["amount"] = value
			continue
		}
		field := slices.IndexFunc(metadataFields, func(known string) bool { return strings.EqualFold(known, name) })
		if field < 0 {
			return nil, "", fmt.Errorf("unknown field %q beside %q", name, native[0])
		}
		if _, found := metadata[metadataFields[field]]; found {
			return nil, "", fmt.Errorf("%q and %q are both given", name, "metadata."+metadataFields[field])
		}
		metadata[metadataFields[field]] = value
	}
	if members["metadata"], err = json.Marshal(metadata); err != nil {
		return nil, "", err
	}
	joined, err = json.Marshal(members)
	return joined, "amount", err
}
