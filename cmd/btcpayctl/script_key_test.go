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

var deleteForm = regexp.MustCompile(`/api-keys/([0-9a-f]{40})/delete$`)

// keyLabels are the labels of the API keys of the sandbox's owner that this
// program had made: those that the owner's page of keys can delete, each asked
// for its label.
func (w *world) keyLabels(ctx context.Context) ([]string, error) {
	var labels []string
	err := w.eachKey(ctx, func(_ *greenfield.Client, label string) error {
		if strings.HasPrefix(label, "btcpayctl") {
			labels = append(labels, label)
		}
		return nil
	})
	return labels, err
}

// deleteKey does away with the one key of a label, as its button on the owner's page
// of keys does.
func (w *world) deleteKey(ctx context.Context, label string) error {
	deleted := 0
	err := w.eachKey(ctx, func(c *greenfield.Client, its string) error {
		if its != label {
			return nil
		}
		deleted++
		return c.APIKeys.RevokeCurrent(ctx)
	})
	if err == nil && deleted != 1 {
		err = fmt.Errorf("%d keys are labelled %s", deleted, label)
	}
	return err
}

// eachKey calls f with each of the owner's keys and its label.
func (w *world) eachKey(ctx context.Context, f func(c *greenfield.Client, label string) error) error {
	page, err := w.human.Open(ctx, "/account/apikeys")
	if err != nil {
		return err
	}
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
		if err == nil {
			err = f(c, info.Label)
		}
		c.CloseIdleConnections()
		if err != nil {
			return err
		}
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
		map[string]any{"email": args[0], "password": "correct horse battery"}, nil))
}
