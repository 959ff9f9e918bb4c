package root

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
)

// newestKey is the newest key that was made since the stage was set, asked for once.
func (s *effectStage) newestKey() string {
	if keys := s.mintedKeys(); len(keys) > 0 {
		s.key = keys[len(keys)-1]
	}
	return s.key
}

// keyState is the status that "apikey list" gives to the key of an id, and "" where it
// has none.
func (s *effectStage) keyStates() map[string]string {
	var records []struct{ ID, Label, Status string }
	if err := json.Unmarshal([]byte(s.ok("apikey", "list", "-o", "json")), &records); err != nil {
		s.t.Fatal(err)
	}
	states := map[string]string{}
	for _, r := range records {
		states[r.ID] = r.Status
	}
	return states
}

func (s *effectStage) profileHas(name, member, text string) bool {
	g := s.run("profile", "list", "-o", "json", "--jq", `.[] | select(.name=="`+name+`") | .`+member)
	return g.code == 0 && strings.TrimSpace(g.stdout) == text && text != ""
}

func (s *effectStage) profiles() []string {
	return strings.Fields(s.ok("profile", "list", "-o", "name"))
}

// makeKey makes a BitId key for the profile shop.
func makeKey(s *effectStage) { s.id = s.ok("key", "generate", "--profile", "shop", "-o", "name") }

func hasKey(s *effectStage) bool {
	return slices.Contains(strings.Fields(s.ok("key", "list", "-o", "name")), s.id)
}

// invoiceArgs asks for the seed's store by its key.
func invoiceArgs(s *effectStage, more ...string) []string {
	s.id = "E-" + strings.ReplaceAll(strings.TrimLeft(s.home[len(s.home)-12:], "/"), "/", "-")
	return append([]string{"--profile", "admin", "--store", s.Seed.StoreID}, more...)
}

func apiKeyArgs(more ...string) func(*effectStage) []string {
	return func(s *effectStage) []string {
		return append([]string{"--profile", "admin", "--store", s.Seed.StoreID, "--for", "invoice list"}, more...)
	}
}

func webhookArgs(s *effectStage, more ...string) []string {
	return append([]string{"--profile", "admin", "--store", s.Seed.StoreID}, more...)
}

// withWebhook makes a webhook that no request reaches.
func withWebhook(s *effectStage) {
	s.admin()
	s.id = s.ok(append([]string{"webhook", "create", "--url", "http://127.0.0.1:1/", "--no-redelivery", "--output-file", s.path("hook.secret"), "-o", "name"}, webhookArgs(s)...)...)
}

// webhooks are the ids of the store's webhooks for which a jq expression has a result.
func webhooks(s *effectStage, filter string) []string {
	return strings.Fields(s.ok(append([]string{"webhook", "list", "--jq", ".[] | " + filter + " | .id"}, webhookArgs(s)...)...))
}

var effectCases = []effectCase{
	{command: "invoice create", field: "id", set: (*effectStage).admin,
		args: func(s *effectStage) []string {
			args := invoiceArgs(s, "--amount", "5", "--currency", "USD")
			return append(args, "--order-id", s.id)
		},
		named: func(s *effectStage) []string { return append(s.orders(s.t, s.id), "order id "+s.id) },
		done:  func(s *effectStage) bool { return len(s.orders(s.t, s.id)) == 1 }},
	{command: "invoice create", field: "id", set: (*effectStage).admin,
		args: func(s *effectStage) []string {
			args := invoiceArgs(s, "--from", s.path("orders.jsonl"))
			rows := `{"amount":5,"currency":"USD","metadata":{"orderId":"` + s.id + `"}}`
			if err := os.WriteFile(s.path("orders.jsonl"), []byte(rows), 0o600); err != nil {
				s.t.Fatal(err)
			}
			return args
		},
		named: func(s *effectStage) []string { return append(s.orders(s.t, s.id), "order id "+s.id) },
		done:  func(s *effectStage) bool { return len(s.orders(s.t, s.id)) == 1 }},
	{command: "invoice create", field: "id", set: (*effectStage).paired,
		args: func(s *effectStage) []string {
			invoiceArgs(s)
			s.id = "🍵 " + s.id
			return []string{"--profile", "shop", "--amount", "5", "--currency", "USD", "--order-id", s.id}
		},
		named: func(s *effectStage) []string { return append(s.orders(s.t, s.id), "order id "+s.id) },
		done:  func(s *effectStage) bool { return len(s.orders(s.t, s.id)) == 1 }},
	{command: "invoice resume", field: "id",
		set: func(s *effectStage) {
			s.admin()
			s.lost(true)
			defer s.lost(false)
			args := invoiceArgs(s, "--amount", "5", "--currency", "USD")
			if g := s.run(slices.Concat([]string{"invoice", "create", "--order-id", s.id}, args)...); g.code != 8 {
				s.t.Fatalf("exit %d %s", g.code, g.stderr)
			}
		},
		args:  func(s *effectStage) []string { return []string{"--profile", "admin", "--store", s.Seed.StoreID} },
		named: func(s *effectStage) []string { return s.orders(s.t, s.id) },
		// It stays open until it is printed.
		done: func(s *effectStage) bool { return len(s.orders(s.t, s.id)) == 1 && s.open() == 1 }, again: true},
	{command: "pair client", field: "sin", set: func(s *effectStage) { makeKey(s); s.say = s.approving() },
		args:  func(s *effectStage) []string { return []string{"--profile", "shop", "--server", s.URL} },
		named: func(s *effectStage) []string { return []string{"the key " + s.id + " is paired"} },
		done:  isPaired},
	{command: "pair server", field: "sin", set: func(s *effectStage) { makeKey(s); s.file = s.code() },
		args: func(s *effectStage) []string {
			return []string{"--profile", "shop", "--server", s.URL, "--code", s.file}
		},
		named: func(s *effectStage) []string { return []string{"the key " + s.id + " is paired"} },
		done:  isPaired},
	{command: "authorize", field: "id", set: func(s *effectStage) { s.stdin = s.Seed.APIKey + "\n" },
		args: func(s *effectStage) []string {
			return []string{"--paste", "--profile", "shop", "--server", s.URL, "--permission", "unrestricted", "--yes", "--accept-broader"}
		},
		named: fixed("profile shop uses the key", "was stored in keystore file"),
		done:  func(s *effectStage) bool { return slices.Contains(s.profiles(), "shop") && len(s.keyStates()) == 1 }},
	{command: "apikey create", field: "id", set: (*effectStage).admin, args: apiKeyArgs(),
		named: fixed("was made on", "labelled btcpayctl/admin/", "was stored in keystore file"),
		done:  func(s *effectStage) bool { return s.works(s.t, s.newestKey()) && allWork(s, 2) }},
	{command: "apikey create", field: "id", set: (*effectStage).admin, args: apiKeyArgs("--save-as", "shop"),
		named: fixed("was made on", "labelled btcpayctl/admin/", "profile shop uses the key"),
		done: func(s *effectStage) bool {
			return s.works(s.t, s.newestKey()) && allWork(s, 2) && slices.Contains(s.profiles(), "shop")
		}},
	{command: "apikey create", field: "id", set: func(s *effectStage) { s.admin(); s.file = s.path("made.key") },
		args:  func(s *effectStage) []string { return apiKeyArgs("--output-file", s.file)(s) },
		named: func(s *effectStage) []string { return []string{"was made on", "labelled btcpayctl/admin/", s.file} },
		done:  func(s *effectStage) bool { return s.works(s.t, s.newestKey()) && allWork(s, 2) && exists(s.file) }},
	{command: "apikey create", field: "id", set: (*effectStage).admin, args: apiKeyArgs("--reveal", "--yes"),
		named: fixed("It was revoked"), takenBack: true,
		done: func(s *effectStage) bool { return s.works(s.t, s.newestKey()) || !allWork(s, 1) }},
	{command: "apikey rotate", field: "id", set: (*effectStage).withShopKey,
		args: func(s *effectStage) []string { return []string{"--profile", "shop", "--by", "admin"} },
		named: func(s *effectStage) []string {
			return []string{"was made on", "the key " + s.id + " was revoked", "profile shop uses the key"}
		},
		done: func(s *effectStage) bool {
			_, old := s.keyStates()[s.id]
			return !old && allWork(s, 2) && !s.profileHas("shop", "apiKeyId", s.id)
		}},
	{command: "apikey revoke", field: "id", set: (*effectStage).withShopKey,
		args:  func(s *effectStage) []string { return []string{s.id, "--yes"} },
		named: func(s *effectStage) []string { return []string{"the key " + s.id + " was revoked"} },
		done: func(s *effectStage) bool {
			_, there := s.keyStates()[s.id]
			return !there && allWork(s, 1)
		}},
	{command: "webhook create", field: "id", set: func(s *effectStage) { s.admin(); s.file = s.path("hook.secret") },
		args: func(s *effectStage) []string {
			return webhookArgs(s, "--url", "https://shop.example.com/hook", "--output-file", s.file)
		},
		named: func(s *effectStage) []string {
			return append(webhooks(s, "."), "was created", "btcpayctl webhook show")
		},
		done: func(s *effectStage) bool { return len(webhooks(s, ".")) == 1 && exists(s.file) }},
	{command: "webhook update", field: "id", set: withWebhook,
		args:  func(s *effectStage) []string { return webhookArgs(s, s.id, "--disable") },
		named: func(s *effectStage) []string { return []string{"webhook " + s.id + " was changed"} },
		done:  func(s *effectStage) bool { return len(webhooks(s, "select(.enabled | not)")) == 1 }},
	{command: "webhook rotate-secret", field: "id", set: func(s *effectStage) { withWebhook(s); s.file = s.path("new.secret") },
		args:  func(s *effectStage) []string { return webhookArgs(s, s.id, "--output-file", s.file) },
		named: func(s *effectStage) []string { return []string{"the secret of webhook " + s.id + " was replaced"} },
		done:  func(s *effectStage) bool { return exists(s.file) }},
	{command: "webhook delete", field: "id", set: withWebhook,
		args:  func(s *effectStage) []string { return webhookArgs(s, s.id, "--yes") },
		named: func(s *effectStage) []string { return []string{"webhook " + s.id + " was deleted"} },
		done:  func(s *effectStage) bool { return len(webhooks(s, ".")) == 0 }},
	{command: "webhook trigger", field: "type", set: func(s *effectStage) { s.admin() },
		args: func(s *effectStage) []string {
			invoiceArgs(s)
			return webhookArgs(s, "InvoiceCreated", "--order-id", s.id)
		},
		named: func(s *effectStage) []string { return s.orders(s.t, s.id) },
		done:  func(s *effectStage) bool { return len(s.orders(s.t, s.id)) == 1 }},
	{command: "webhook replay", field: "id",
		set: func(s *effectStage) {
			withWebhook(s)
			s.ok(append([]string{"invoice", "create", "--amount", "1", "--currency", "USD"}, webhookArgs(s)...)...)
			for s.file == "" {
				s.file = s.ok(append([]string{"webhook", "deliveries", s.id, "-o", "name"}, webhookArgs(s)...)...)
			}
		},
		args:  func(s *effectStage) []string { return webhookArgs(s, s.id, s.file) },
		named: func(s *effectStage) []string { return []string{"delivery " + s.file + " was sent again as "} },
		done: func(s *effectStage) bool {
			return len(strings.Fields(s.ok(append([]string{"webhook", "deliveries", s.id, "-o", "name"}, webhookArgs(s)...)...))) == 2
		}},
	{command: "key generate", field: "sin", args: fixed("--profile", "shop"),
		named: fixed("was stored in keystore file", "btcpayctl key show"),
		done:  func(s *effectStage) bool { return slices.Contains(s.profiles(), "shop") }},
	{command: "key generate", field: "sin", set: func(s *effectStage) { s.file = s.path("new.pem") },
		args:  func(s *effectStage) []string { return []string{"--output-file", s.file} },
		named: func(s *effectStage) []string { return []string{"was written to " + s.file} },
		done:  func(s *effectStage) bool { return exists(s.file) }},
	{command: "key import", field: "sin", set: func(s *effectStage) { s.stdin = strings.Repeat("7", 64) },
		args:  fixed("-", "--profile", "shop"),
		named: fixed("was stored in keystore file"),
		done:  func(s *effectStage) bool { return slices.Contains(s.profiles(), "shop") }},
	{command: "key export", field: "sin", set: func(s *effectStage) { makeKey(s); s.file = s.path("out.pem") },
		args:  func(s *effectStage) []string { return []string{"--profile", "shop", "--output-file", s.file} },
		named: func(s *effectStage) []string { return []string{s.id, "was written to " + s.file} },
		done:  func(s *effectStage) bool { return exists(s.file) }},
	{command: "key delete", field: "sin", set: makeKey,
		args:  func(s *effectStage) []string { return []string{s.id, "--yes"} },
		named: func(s *effectStage) []string { return []string{"the key " + s.id + " was deleted"} },
		done:  func(s *effectStage) bool { return !hasKey(s) }},
	{command: "profile set", field: "name", args: fixed("shop", "--store", "S1"), named: fixed("profile shop was set"),
		done: func(s *effectStage) bool { return s.profileHas("shop", "store", "S1") }},
	{command: "profile move", field: "name", set: (*effectStage).paired,
		args:  func(s *effectStage) []string { return []string{"shop", "--server", otherName(s.URL)} },
		named: func(s *effectStage) []string { return []string{"profile shop is on " + otherName(s.URL)} },
		done:  func(s *effectStage) bool { return s.profileHas("shop", "server", otherName(s.URL)) }, again: true},
	{command: "profile use", field: "name",
		set: func(s *effectStage) {
			s.ok("profile", "set", "first", "--store", "S1")
			s.ok("profile", "set", "shop", "--store", "S1")
		},
		args: fixed("shop"), named: fixed("profile shop is the one in use"),
		done: func(s *effectStage) bool { return s.profileHas("shop", "current", "true") }},
	{command: "profile delete", field: "name", set: func(s *effectStage) { s.ok("profile", "set", "shop", "--store", "S1") },
		args: fixed("shop"), named: fixed("profile shop was deleted"),
		done: func(s *effectStage) bool { return !slices.Contains(s.profiles(), "shop") }},
}

func isPaired(s *effectStage) bool {
	return s.run("pair", "status", "--profile", "shop", "--server", s.URL).code == 0
}

// allWork reports whether there are so many keys here, none of them lost or pending.
func allWork(s *effectStage, n int) bool {
	states := s.keyStates()
	for _, state := range states {
		if state != "works" {
			return false
		}
	}
	return len(states) == n
}

// withShopKey gives the profile shop a key of the store.
func (s *effectStage) withShopKey() {
	s.admin()
	s.id = s.ok("apikey", "create", "--profile", "admin", "--store", s.Seed.StoreID, "--for", "invoice list", "--save-as", "shop", "-o", "name")
}

// lost lets invoices be made whose answers are lost, and which cannot be looked up.
func (s *effectStage) lost(lose bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose, s.noList = lose, lose
}

// open counts the operations whose end nobody has seen.
func (s *effectStage) open() int {
	return strings.Count(s.run("doctor", "--profile", "admin", "-o", "table").stdout, "btcpayctl invoice resume")
}
