package world

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf16"
)

// The types of the objects that the server itself makes.
const (
	TxObject      = "tx"
	LabelObject   = "label"
	AddressObject = "address"
	InvoiceObject = "invoice"
	RequestObject = "payment-request"
)

// ObjectID names an object of a wallet.
type ObjectID struct{ Type, ID string }

func compareObjects(a, b ObjectID) int {
	return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.ID, b.ID))
}

// WalletObject is something that is known of a wallet: a transaction, a label, whatever clients put there. Data is nil or an
// object.
type WalletObject struct {
	ObjectID
	Data json.RawMessage `json:",omitempty"`
}

// WalletLink connects two objects of a wallet. It has no direction: A comes first in the order of the names.
type WalletLink struct {
	A, B ObjectID
	Data json.RawMessage `json:",omitempty"`
}

// WalletObjects are the objects and links of a store's wallet that were made or removed by requests. What follows from
// payments is not among them.
type WalletObjects struct {
	Objects        []*WalletObject
	Links          []*WalletLink
	RemovedObjects []ObjectID    // that follow from payments
	RemovedLinks   [][2]ObjectID // as before
}

// WalletView is all objects of a store's wallet with their links, at one time.
type WalletView struct {
	objects map[ObjectID]*WalletObject
	order   []ObjectID
	links   map[ObjectID]map[ObjectID]*WalletLink
}

// WalletView returns the objects of a store's wallet. Each transaction that paid an invoice is linked with the address, the
// invoice, and the label for such transactions.
func (st *State) WalletView(storeID string) *WalletView {
	v := &WalletView{objects: map[ObjectID]*WalletObject{}, links: map[ObjectID]map[ObjectID]*WalletLink{}}
	for _, inv := range st.paidIn[storeID] {
		about := aboutPayments(inv)
		for _, p := range inv.Payments {
			address, tx := addressObject(p.Address, "invoice"), &WalletObject{ObjectID: ObjectID{TxObject, p.TxID}}
			v.add(tx)
			for _, o := range append([]*WalletObject{address}, about...) {
				v.add(o)
				v.link(&WalletLink{A: o.ObjectID, B: tx.ObjectID})
			}
		}
	}
	made := st.WalletObjects[storeID]
	if made == nil {
		return v
	}
	for _, id := range made.RemovedObjects {
		v.remove(id)
	}
	for _, ends := range made.RemovedLinks {
		v.unlink(ends[0], ends[1])
	}
	for _, o := range made.Objects {
		if v.objects[o.ObjectID] == nil {
			v.order = append(v.order, o.ObjectID)
		}
		v.objects[o.ObjectID] = o
	}
	for _, l := range made.Links {
		if v.objects[l.A] != nil && v.objects[l.B] != nil {
			v.link(l)
		}
	}
	return v
}

// aboutPayments are the objects with which each payment of an invoice is linked: what it was for, with a label for each.
func aboutPayments(inv *Invoice) []*WalletObject {
	about := []*WalletObject{NewLabel(InvoiceObject), {ObjectID: ObjectID{InvoiceObject, inv.ID}}}
	if id := inv.PaymentRequestID; id != "" {
		about = append(about, NewLabel(RequestObject), &WalletObject{ObjectID: ObjectID{RequestObject, id}})
	}
	return about
}

func (v *WalletView) add(o *WalletObject) {
	if v.objects[o.ObjectID] == nil {
		v.objects[o.ObjectID] = o
		v.order = append(v.order, o.ObjectID)
	}
}

func (v *WalletView) link(l *WalletLink) {
	for _, ends := range [][2]ObjectID{{l.A, l.B}, {l.B, l.A}} {
		if v.links[ends[0]] == nil {
			v.links[ends[0]] = map[ObjectID]*WalletLink{}
		}
		v.links[ends[0]][ends[1]] = l
	}
}

func (v *WalletView) unlink(a, b ObjectID) {
	delete(v.links[a], b)
	delete(v.links[b], a)
}

func (v *WalletView) remove(id ObjectID) {
	delete(v.objects, id)
	v.order = slices.DeleteFunc(v.order, func(other ObjectID) bool { return other == id })
	for other := range v.links[id] {
		v.unlink(id, other)
	}
}

// Object returns an object; nil if there is none.
func (v *WalletView) Object(id ObjectID) *WalletObject { return v.objects[id] }

// Objects returns all objects, those of one type if that is not empty.
func (v *WalletView) Objects(typ string) []*WalletObject {
	var objects []*WalletObject
	for _, id := range v.order {
		if typ == "" || id.Type == typ {
			objects = append(objects, v.objects[id])
		}
	}
	return objects
}

// A Neighbour is an object that another one is linked with.
type Neighbour struct {
	*WalletObject
	Link json.RawMessage
}

// Neighbours returns what an object is linked with, in the order of the names.
func (v *WalletView) Neighbours(id ObjectID) []Neighbour {
	var list []Neighbour
	for other, l := range v.links[id] {
		list = append(list, Neighbour{v.objects[other], l.Data})
	}
	slices.SortFunc(list, func(a, b Neighbour) int { return compareObjects(a.ObjectID, b.ObjectID) })
	return list
}

func (st *State) madeObjects(storeID string) *WalletObjects {
	if st.WalletObjects[storeID] == nil {
		st.WalletObjects[storeID] = &WalletObjects{}
	}
	return st.WalletObjects[storeID]
}

// SetWalletObject makes an object or replaces its data.
func (st *State) SetWalletObject(storeID string, o *WalletObject) {
	made := st.madeObjects(storeID)
	if at := slices.IndexFunc(made.Objects, func(other *WalletObject) bool { return other.ObjectID == o.ObjectID }); at >= 0 {
		made.Objects[at] = o
		return
	}
	made.Objects = append(made.Objects, o)
}

// RemoveWalletObject removes an object with its links, and reports whether there was one.
func (st *State) RemoveWalletObject(storeID string, id ObjectID) bool {
	if st.WalletView(storeID).Object(id) == nil {
		return false
	}
	made := st.madeObjects(storeID)
	made.Objects = slices.DeleteFunc(made.Objects, func(o *WalletObject) bool { return o.ObjectID == id })
	made.Links = slices.DeleteFunc(made.Links, func(l *WalletLink) bool { return l.A == id || l.B == id })
	if st.WalletView(storeID).Object(id) != nil {
		made.RemovedObjects = append(made.RemovedObjects, id)
	}
	return true
}

// LinkWalletObjects links two objects, or replaces the data of their link. It reports whether both exist.
func (st *State) LinkWalletObjects(storeID string, a, b ObjectID, data json.RawMessage) bool {
	v := st.WalletView(storeID)
	if v.Object(a) == nil || v.Object(b) == nil {
		return false
	}
	if compareObjects(a, b) > 0 {
		a, b = b, a
	}
	made := st.madeObjects(storeID)
	made.Links = slices.DeleteFunc(made.Links, func(l *WalletLink) bool { return l.A == a && l.B == b })
	made.Links = append(made.Links, &WalletLink{a, b, data})
	return true
}

// UnlinkWalletObjects removes a link, and reports whether there was one.
func (st *State) UnlinkWalletObjects(storeID string, a, b ObjectID) bool {
	if st.WalletView(storeID).links[a][b] == nil {
		return false
	}
	made := st.madeObjects(storeID)
	made.Links = slices.DeleteFunc(made.Links, func(l *WalletLink) bool { return l.A == a && l.B == b || l.A == b && l.B == a })
	if st.WalletView(storeID).links[a][b] != nil {
		made.RemovedLinks = append(made.RemovedLinks, [2]ObjectID{a, b})
	}
	return true
}

// longestComment and longestLabel are in units of UTF-16. What is longer is cut.
const (
	longestComment = 200
	longestLabel   = 50
)

// Comment sets the comment of a transaction. An empty one removes it.
func (st *State) Comment(storeID, txID, comment string) {
	id := ObjectID{TxObject, txID}
	o := &WalletObject{ObjectID: id, Data: json.RawMessage("{}")}
	free := freeObject{}
	if old := st.WalletView(storeID).Object(id); old != nil && old.Data != nil {
		free, _ = parseFree(old.Data) // it is an object, or it would not be there
	}
	free.members = slices.DeleteFunc(free.members, func(m jsonMember) bool { return m.name == "comment" })
	if comment != "" {
		free.members = append(free.members, jsonMember{"comment", cutText(strings.TrimSpace(comment), longestComment)})
	}
	if len(free.members) > 0 {
		o.Data = free.encode()
	}
	st.SetWalletObject(storeID, o)
}

// AddLabel puts a label on a transaction.
func (st *State) AddLabel(storeID, txID, text string) {
	label, tx := NewLabel(cutText(strings.TrimSpace(text), longestLabel)), &WalletObject{ObjectID: ObjectID{TxObject, txID}}
	v := st.WalletView(storeID)
	for _, o := range []*WalletObject{tx, label} {
		if v.Object(o.ObjectID) == nil {
			st.SetWalletObject(storeID, o)
		}
	}
	if v.links[label.ObjectID][tx.ObjectID] == nil {
		st.LinkWalletObjects(storeID, label.ObjectID, tx.ObjectID, nil)
	}
}

func (st *State) addAddressObject(storeID, address string) {
	o := addressObject(address, "receive")
	if st.WalletView(storeID).Object(o.ObjectID) == nil {
		st.SetWalletObject(storeID, o)
	}
}

func addressObject(address, generatedBy string) *WalletObject {
	return &WalletObject{ObjectID: ObjectID{AddressObject, address}, Data: json.RawMessage(`{"generatedBy":"` + generatedBy + `"}`)}
}

// NewLabel returns the object of a label, with its colour.
func NewLabel(text string) *WalletObject {
	return &WalletObject{ObjectID: ObjectID{LabelObject, text}, Data: json.RawMessage(`{"color":"` + labelColour(text) + `"}`)}
}

// labelColour is one of the server's own labels, or is chosen by the text.
func labelColour(text string) string {
	switch text {
	case "payjoin", "pj-exposed":
		return "#51b13e"
	case InvoiceObject:
		return "#cedc21"
	case RequestObject:
		return "#489D77"
	case "app":
		return "#5093B6"
	case "payout":
		return "#3F88AF"
	}
	palette := []string{"#fbca04", "#0e8a16", "#ff7619", "#84b6eb", "#5319e7", "#cdcdcd", "#cc317c"}
	hash := sha256.Sum256([]byte(text))
	return palette[binary.LittleEndian.Uint32(hash[:])%uint32(len(palette))]
}

// TextIn returns a field of an object as text; nil if it has none.
func TextIn(object json.RawMessage, name string) *string {
	if object == nil {
		return nil
	}
	free, err := parseFree(object)
	if err != nil {
		return nil
	}
	return free.text(name)
}

// cutText returns at most so many units of UTF-16 of a text.
func cutText(text string, most int) string {
	units := 0
	for i, c := range text {
		if units += utf16.RuneLen(c); units > most {
			return text[:i]
		}
	}
	return text
}
