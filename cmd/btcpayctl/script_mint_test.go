package main

import (
	"context"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// mintKey makes a key on the sandbox past the program, and puts it into a variable.
//
//	mint VARIABLE PERMISSION...
func mintKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mint VARIABLE PERMISSION...")
	}
	w := stageOf(ts).world
	var made struct{ APIKey string }
	ts.Check(w.post(context.Background(), w.server.URL+"/api/v1/api-keys", w.server.Seed.APIKey, map[string]any{"label": "past the program", "permissions": args[1:]}, &made))
	ts.Setenv(args[0], made.APIKey)
}

// countAllKeys checks how many keys the sandbox's owner has, whoever made them. A
// key whose store the person picked has no label.
//
//	allkeys 2
func countAllKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: allkeys COUNT")
	}
	page, err := stageOf(ts).human.Open(context.Background(), "/account/apikeys")
	ts.Check(err)
	n := 0
	for _, form := range page.Forms {
		if deleteForm.MatchString(form.Action) {
			n++
		}
	}
	if strconv.Itoa(n) != args[0] {
		ts.Fatalf("the sandbox holds %d keys, not %s", n, args[0])
	}
}
