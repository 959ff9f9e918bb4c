package apps

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// item is something that is sold, or a perk.
type item struct {
	ID            *string        `json:"id"`
	Title         *string        `json:"title"`
	Disabled      bool           `json:"disabled"`
	Description   *string        `json:"description"`
	Categories    []*string      `json:"categories"`
	Image         *string        `json:"image"`
	PriceType     string         `json:"priceType"`
	Price         *money.Decimal `json:"price"`
	BuyButtonText *string        `json:"buyButtonText"`
	Inventory     *int64         `json:"inventory"`
	TaxRate       *money.Decimal `json:"taxRate"`
}

var itemFields = []string{"id", "title", "disabled", "description", "categories", "image", "priceType", "price", "buyButtonText", "inventory", "taxRate"}

const itemType = aspnet.ModelNames + "AppItem"

// parseItems reads a template: a JSON array of items in a text. It returns the items as they are shown, or in the words of
// the server and its library what is wrong. Fields of an item that the server does not know stay.
func parseItems(template string) (items []json.RawMessage, wrong string) {
	items = []json.RawMessage{}
	if strings.TrimSpace(template) == "" {
		return items, ""
	}
	if wrong := badBeginning(template); wrong != "" {
		return nil, wrong
	}
	f := &aspnet.Faults{}
	n := aspnet.ReadBody([]byte(template), f)
	switch {
	case len(f.All) > 0:
		return nil, f.All[0].Message
	case n.Kind == 'n':
		return nil, "Value cannot be null. (Parameter 'source')"
	case n.Kind != '[':
		(&aspnet.Model{Node: n, Faults: f}).NotArray(n, itemType+"[]")
		return nil, f.All[0].Message
	}
	known, null := map[string]bool{}, false
	var untitled, twice *string
	for _, one := range n.Items() {
		if one.Kind == 'n' {
			null = true
			continue
		}
		shown, it := readItem(&aspnet.Model{Node: one, Faults: f})
		if len(f.All) > 0 {
			return nil, f.All[0].Message
		}
		switch id := aspnet.Or(it.ID, ""); {
		case id == "" && untitled == nil:
			untitled = new(aspnet.Or(it.Title, ""))
		case known[id] && twice == nil:
			twice = &id
		default:
			known[id] = true
		}
		items = append(items, shown)
	}
	switch {
	case null:
		return nil, "Object reference not set to an instance of an object."
	case untitled != nil:
		return nil, `Missing ID for item "` + *untitled + `".`
	case twice != nil:
		return nil, `Duplicate ID "` + *twice + `".`
	}
	return items, ""
}

// badBeginning is the error of a text that begins with what no value begins with. Unlike elsewhere, the library does not
// count the character that it looked at, and a line that it did not begin.
func badBeginning(text string) string {
	rest := strings.TrimLeft(text, " \t\r\n")
	if strings.HasPrefix(rest, "null") || strings.HasPrefix(rest, "true") || strings.HasPrefix(rest, "false") || strings.ContainsAny(rest[:1], `{["-.0123456789`) {
		return ""
	}
	before := text[:len(text)-len(rest)]
	line, position := strings.Count(before, "\n")+1, len(before)-strings.LastIndex(before, "\n")-1
	if before == "" {
		line = 0
	}
	c := []rune(rest)[0]
	return "Unexpected character encountered while parsing value: " + string(c) + ". Path '', line " + strconv.Itoa(line) + ", position " + strconv.Itoa(position) + "."
}

func readItem(m *aspnet.Model) (json.RawMessage, item) {
	if m.Node.Kind != '{' {
		m.NotObject(m.Node, itemType)
		return nil, item{}
	}
	it := item{PriceType: "Fixed"}
	it.ID, it.Title, it.Description, it.Image, it.BuyButtonText = m.Text("id"), m.Text("title"), m.Text("description"), m.Text("image"), m.Text("buyButtonText")
	m.SetBool("disabled", &it.Disabled)
	m.SetTexts("categories", &it.Categories)
	aspnet.Set(&it.PriceType, m.Enum("priceType", itemType+"PriceType", "Fixed", "Topup", "Minimum"))
	it.Price, it.Inventory, it.TaxRate = m.Decimal("price"), m.Int("inventory"), m.Decimal("taxRate")
	shown := aspnet.JSON(it)
	return append(shown[:len(shown)-1], others(m.Node)...), it
}

// others are the fields that the server does not know, as the end of an object.
func others(n *aspnet.Node) []byte {
	var b []byte
	for _, field := range n.Others(itemFields...) {
		b = append(append(append(append(b, ','), aspnet.JSON(field.Name())...), ':'), field.Raw...)
	}
	if b == nil {
		return []byte("}")
	}
	b[0] = '{'
	rewritten := world.RewriteObject(append(b, '}'))
	if len(rewritten) < 3 {
		return []byte("}")
	}
	rewritten[0] = ','
	return rewritten
}
