package invoice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// reportChanged reports metadata that the server changed. Servers rewrite strings that look
// like a time with an offset, and numbers such as 1.50.
func (s *invoiceSender) reportChanged(o order, made invoiceRecord) {
	if made.API != APIGreenfield {
		return // the other API has its own fields, and shows strings
	}
	request, err := o.greenfield("")
	if err != nil {
		return
	}
	var notes []string
	for _, name := range slices.Sorted(maps.Keys(request.Metadata)) {
		sent, kept := request.Metadata[name], made.Metadata[name]
		if name == greenfield.MetaTaxIncluded && sameSum(sent, kept) {
			continue
		}
		notes = append(notes, metadataChanges("metadata."+name, plainJSON(sent), plainJSON(kept))...)
	}
	const most = 5
	for _, note := range notes[:min(len(notes), most)] {
		fmt.Fprintln(s.app.Err, output.VisibleLine("Note: "+note))
	}
	if more := len(notes) - most; more > 0 {
		fmt.Fprintf(s.app.Err, "Note: the server changed %d more fields of the metadata.\n", more)
	}
}

func sameSum(sent, kept json.RawMessage) bool {
	var a, b client.Decimal
	return len(kept) > 0 && a.UnmarshalJSON(bytes.TrimSpace(sent)) == nil && b.UnmarshalJSON(bytes.TrimSpace(kept)) == nil && a.Cmp(b) == 0
}

// absent marks a field that is not there.
type absent struct{}

func plainJSON(raw json.RawMessage) any {
	if len(raw) == 0 {
		return absent{}
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return absent{}
	}
	return value
}

// metadataChanges describes the differences between what was sent and what the server
// stored.
func metadataChanges(path string, sent, kept any) []string {
	switch sent := sent.(type) {
	case map[string]any:
		kept, ok := kept.(map[string]any)
		if !ok {
			break
		}
		var all []string
		for _, name := range slices.Sorted(maps.Keys(sent)) {
			member, found := kept[name]
			if !found {
				member = absent{}
			}
			all = append(all, metadataChanges(path+"."+name, sent[name], member)...)
		}
		return all
	case []any:
		kept, ok := kept.([]any)
		if !ok || len(sent) != len(kept) {
			break
		}
		var all []string
		for i := range sent {
			all = append(all, metadataChanges(fmt.Sprintf("%s[%d]", path, i), sent[i], kept[i])...)
		}
		return all
	default:
		if sent == kept {
			return nil
		}
	}
	if (kept == absent{}) {
		return []string{path + " was sent, but the server did not store it."}
	}
	return []string{fmt.Sprintf("%s was sent as %s, and the server stored %s.", path, shown(sent), shown(kept))}
}

func shown(value any) string {
	raw, err := json.Marshal(value)
	if err != nil || len(raw) > 60 {
		return "another value"
	}
	return string(raw)
}
