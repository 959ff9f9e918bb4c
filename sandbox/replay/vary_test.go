package replay

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestVary(t *testing.T) {
	recordings, err := LoadAll("../testdata/recordings/2.4.1/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if testing.Short() {
		recordings = recordings[:len(recordings)/4]
	}
	for _, r := range recordings {
		before := valueText(r.raw)
		varied, err := r.Vary(rand.New(rand.NewPCG(1, 2)))
		if err != nil {
			t.Fatal(err)
		}
		if valueText(r.raw) != before {
			t.Fatalf("%s: the recording itself was changed", r.Group)
		}
		after := valueText(varied.raw)
		for _, address := range emailForm().FindAllString(before, -1) {
			if strings.Contains(after, `"`+address+`"`) {
				t.Errorf("%s: %s still stands in it", r.Group, address)
			}
		}
		for name, key := range r.keys {
			parsed, err := parseKey(key)
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range formsOf(parsed) {
				if strings.Contains(strings.ToLower(after), strings.ToLower(form)) {
					t.Errorf("%s: the key %s still stands in it as %s", r.Group, name, form)
				}
			}
		}
		if len(varied.steps) != len(r.steps) {
			t.Errorf("%s: %d steps became %d", r.Group, len(r.steps), len(varied.steps))
		}
	}
}

func TestVaryNames(t *testing.T) {
	r, err := parse([]byte(`{"group":"g","about":"","server":{"version":"2.4.1","network":"regtest","env":{}},
		"vars":{"admin.email":"a.b@example.com","admin.password":"hush hush"},
		"steps":[{"name":"a shop","request":{"method":"POST","path":"/x?orderId=A%20b&orderId=C&textSearch=EA&textSearch=usd&name={{v}}&limit=1","headers":{"Authorization":"basic aHVzaCBodXNo"},"json":{"name":"Tea & Co","price":1.50,"to":"a.b@example.com"}},
		"response":{"status":200,"headers":{"location":"/l?back=%2Fx%3ForderId%3DA%2520b%26limit%3D1"},
		"json":{"name":"Tea & Co","tea":"Tea","said":"hush hush"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	varied, err := r.Vary(rand.New(rand.NewPCG(7, 7)))
	if err != nil {
		t.Fatal(err)
	}
	v := &variation{cipher: newCipher(rand.New(rand.NewPCG(7, 7)))}
	want := strings.NewReplacer(
		"orderId=A%20b&orderId=C&textSearch=EA", "orderId="+v.encipher("A%20b")+"&orderId="+v.encipher("C")+"&textSearch="+v.encipher("EA"),
		"aHVzaCBodXNo", base64.StdEncoding.EncodeToString([]byte(v.encipher("hush hush"))),
		"orderId%3DA%2520b", "orderId%3D"+v.encipher("A%2520b"),
		`"name":"Tea & Co"`, `"name":"`+v.encipher("Tea & Co")+`"`,
		"a.b@example.com", v.encipher("a.b@example")+".com",
		"hush hush", v.encipher("hush hush"),
	).Replace(valueText(r.raw))
	if got := valueText(varied.raw); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
