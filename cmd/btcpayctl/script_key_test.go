package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// deleteForm is where the button beside a key leads: to the key, or to its id where
// the server keeps a hash.
var deleteForm = regexp.MustCompile(`/api-keys/([0-9a-f]{40}|akid_[0-9a-f]{16})/delete$`)

// keyLabels are the labels of the API keys of the sandbox's owner that this
// program had made, as the owner's page of keys shows them.
func (w *world) keyLabels(ctx context.Context) ([]string, error) {
	page, err := w.human.Open(ctx, "/account/apikeys")
	if err != nil {
		return nil, err
	}
	var labels []string
	for _, text := range page.Texts {
		if strings.HasPrefix(text, "btcpayctl") {
			labels = append(labels, text)
		}
	}
	return labels, nil
}

// deleteKey does away with the one key of a label, of a server that shows keys.
func (w *world) deleteKey(ctx context.Context, label string) error {
	page, err := w.human.Open(ctx, "/account/apikeys")
	if err != nil {
		return err
	}
	deleted := 0
	for _, form := range page.Forms {
		found := deleteForm.FindStringSubmatch(form.Action)
		if found == nil {
			continue
		}
		key, err := greenfield.NewAPIKey(client.NewSecret(found[1]))
		if err != nil {
			return err
		}
		c, err := greenfield.New(w.server.URL, key)
		if err != nil {
			return err
		}
		info, err := c.APIKeys.Current(ctx)
		if err == nil && info.Label == label {
			deleted++
			err = c.APIKeys.RevokeCurrent(ctx)
		}
		c.CloseIdleConnections()
		if err != nil {
			return err
		}
	}
	if deleted != 1 {
		return fmt.Errorf("%d keys are labelled %s", deleted, label)
	}
	return nil
}

// countKeys checks how many keys the sandbox holds whose label matches.
//
//	keys 2
//	keys 1 ^btcpayctl/admin/
func countKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: keys COUNT [LABEL]")
	}
	pattern := regexp.MustCompile("")
	if len(args) == 2 {
		pattern = regexp.MustCompile(args[1])
	}
	labels, err := stageOf(ts).keyLabels(context.Background())
	ts.Check(err)
	n := 0
	for _, label := range labels {
		if pattern.MatchString(label) {
			n++
		}
	}
	if strconv.Itoa(n) != args[0] {
		ts.Fatalf("the sandbox holds %d such keys, not %s: %q", n, args[0], labels)
	}
}

// deliver posts a key to the redirect of a consent page, as the page's own form
// does, and checks the status of the page that the browser is led to.
//
//	deliver STATUS PAGE KEY [PERMISSION...]
func deliver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: deliver STATUS PAGE KEY [PERMISSION...]")
	}
	page, err := url.Parse(args[1])
	ts.Check(err)
	form := url.Values{"apiKey": {args[2]}, "userId": {"nobody"}, "permissions[]": args[3:], "__RequestVerificationToken": {"x"}}
	browser := http.Client{Transport: &http.Transport{}}
	defer browser.CloseIdleConnections()
	response, err := browser.PostForm(page.Query().Get("redirect"), form)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	if strings.Contains(string(body), args[2]) {
		ts.Fatalf("the key is on the page that the browser is shown")
	}
	if got := fmt.Sprint(response.StatusCode); got != args[0] {
		ts.Fatalf("the browser got %s, not %s", got, args[0])
	}
}

// makeUser makes another account on the sandbox.
func makeUser(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: user EMAIL")
	}
	s := stageOf(ts)
	ts.Check(s.post(context.Background(), s.server.URL+"/api/v1/users", s.server.Seed.APIKey,
		map[string]any{"email": args[0], "password": accountPassword}, nil))
}
