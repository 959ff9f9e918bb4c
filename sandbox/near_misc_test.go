package sandbox

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

func TestNearEmails(t *testing.T) {
	w := newNearby(t, Options{})
	const (
		server   = "/server/email"
		store    = "/stores/{store}/email"
		recorded = "28-misc"
		source   = "GreenfieldStoreEmailController.cs"
		settings = "EmailSettings.cs"
		none     = `{"server":null,"port":null,"login":null,"passwordSet":false,"from":null,"disableCertificateCheck":false}`
		missing  = `{"missingPermission":"btcpay.store.canmodifystoresettings"`
	)
	w.play([]near{
		{"owner", "GET", server, "", 200, `{"enableStoresToUseServerEmailSettings":true,"server":null`, recorded},
		{"admin", "GET", server, "", 200, `{"enableStoresToUseServerEmailSettings":true`, recorded},
		{"alice", "PUT", server, `{}`, 403, `{"missingPermission":"btcpay.server.canmodifyserversettings"`, recorded},
		{"btcpay.server.canviewusers", "GET", server, "", 403, `{"missingPermission":"btcpay.server.canmodifyserversettings"`, recorded},
		{"owner", "PUT", server, `{"login":"me","password":"one","enableStoresToUseServerEmailSettings":true}`, 200, `{"enableStoresToUseServerEmailSettings":true,"server":null,"port":null,"login":"me","passwordSet":true,`, recorded},
		{"owner", "PUT", server, `{"login":"you","password":""}`, 200, `{"enableStoresToUseServerEmailSettings":false,"server":null,"port":null,"login":"you","passwordSet":true,`, settings},
		{"owner", "PUT", server, `{"login":"","password":"two"}`, 200, `*"login":"","passwordSet":true`, settings},
		{"owner", "PUT", server, `{"login":""}`, 200, `*"login":"","passwordSet":false`, settings},
		{"owner", "PUT", server, `{"port":"25","disableCertificateCheck":"TRUE"}`, 200, `*"port":25,"login":null,"passwordSet":false,"from":null,"disableCertificateCheck":true}`, recorded},
		{"owner", "PUT", server, `{"port":"x"}`, 422, `[{"path":"port","message":"Could not convert string to integer: x.`, "14-stores"},
		{"owner", "PUT", server, `{"disableCertificateCheck":null}`, 422, `*"message":"Error converting value {null} to type 'System.Boolean'.`, "22-webhooks"},
		{"owner", "PUT", server, `{"from":"a@b.example, c@d.example"}`, 422, `[{"path":"From","message":"Invalid email address"}]`, recorded},
		{"owner", "PUT", server, `{"from":" "}`, 200, `*"from":" "`, "GreenfieldServerEmailController.cs"},
		{"owner", "PUT", server, ``, 415, `*Unsupported Media Type`, "20-invoices"},
		{"owner", "PUT", server, `null`, 422, `[{"path":"","message":"A non-empty request body is required."},{"path":"request","message":"The request field is required."}]`, "27-notifications"},

		{"owner", "GET", store, "", 200, none, recorded},
		{"owner", "PUT", store, `{"server":"mail.example","login":"me","password":"two"}`, 200, `{"server":"mail.example","port":null,"login":"me","passwordSet":true`, recorded},
		{"owner", "PUT", store, `{"login":"me","password":null}`, 200, `{"server":null,"port":null,"login":"me","passwordSet":true`, recorded},
		{"owner", "GET", "/stores/{empty}/email", "", 200, none, recorded},
		{"owner", "PUT", store, `{"from":"Shop <shop@shop.example>"}`, 200, `*"passwordSet":false,"from":"Shop <shop@shop.example>"`, recorded},
		{"owner", "PUT", store, `{"from":""}`, 200, `*"from":""`, source},
		{"owner", "PUT", store, `{"from":["x"]}`, 422, `*{"path":"from","message":"Unexpected character encountered while parsing value: [.`, "12-api-keys"},
		{"guest", "GET", store, "", 403, missing, "greenfield-operations.json"},
		{"manager", "PUT", store, `{}`, 403, missing, "greenfield-operations.json"},
		{"admin", "GET", store, "", 403, missing, "17-permission-scopes"},
		{"alice", "GET", store, "", 403, missing, "17-permission-scopes"},
		{"alice", "GET", "/stores/{alices}/email", "", 200, none, recorded},
		{"owner", "GET", "/stores/nosuch/email", "", 403, missing, "17-permission-scopes"},

		{"owner", "POST", store + "/send", `{"email":"c@shop.example"}`, 200, "", recorded},
		{"owner", "POST", store + "/send", `{"email":"nobody"}`, 422, `[{"path":"Email","message":"Invalid email"}]`, source},
		{"owner", "POST", store + "/send", `{"subject":"s"}`, 422, `[{"path":"Email","message":"Invalid email"}]`, source},
		{"btcpay.store.cansendstoreemails", "POST", store + "/send", `{"email":"c@shop.example"}`, 200, "", "greenfield-operations.json"},
		{"btcpay.store.canviewstoresettings", "POST", store + "/send", `{}`, 403, `{"missingPermission":"btcpay.store.cansendstoreemails"`, "greenfield-operations.json"},
		{"manager", "POST", store + "/send", `{}`, 403, `{"missingPermission":"btcpay.store.cansendstoreemails"`, "wire.md: roles"},
	})
	old := newNearby(t, Options{Emulate: "1.13"})
	old.play([]near{
		{"owner", "GET", server, "", 404, "", "28-misc of 1.13.5"},
		{"owner", "PUT", store, `{"login":"me","password":"two"}`, 200, `{"server":null,"port":null,"login":"me","password":"two","from":null,"disableCertificateCheck":false}`, "28-misc of 1.13.5"},
		{"owner", "GET", "/files", "", 404, "", "28-misc of 1.13.5"},
		{"owner", "GET", "/users/me/notification-settings", "", 404, "", "27-notifications of 1.13.5"},
	})
}

func TestNearLightningAddresses(t *testing.T) {
	w := newNearby(t, Options{})
	const (
		all      = "/stores/{store}/lightning-addresses"
		recorded = "28-misc"
		service  = "LightningAddressService.cs"
		notFound = `{"code":"lightning-address-not-found","message":"The lightning address was not present."}`
		modify   = `{"missingPermission":"btcpay.store.canmodifystoresettings"`
	)
	w.play([]near{
		{"owner", "POST", all + "/Shop", `{"min":1.5,"max":"1000","currencyCode":"","username":"other","invoiceMetadata":{"b":1,"a":2.50}}`, 200, `{"username":"shop","currencyCode":"","min":1.5,"max":1000.0,"invoiceMetadata":{"b":1,"a":2.5}}`, recorded},
		{"owner", "GET", all + "/SHOP", "", 200, `{"username":"shop"`, service + ": names have no capitals"},
		{"owner", "GET", "/stores/{empty}/lightning-addresses/shop", "", 404, notFound, recorded},
		{"owner", "GET", "/stores/{empty}/lightning-addresses", "", 200, `[]`, recorded},
		{"owner", "POST", "/stores/{empty}/lightning-addresses/SHOP", `{}`, 400, `{"code":"username-already-used","message":"The username is already in use by another store."}`, recorded},
		{"alice", "POST", "/stores/{alices}/lightning-addresses/shop", `{}`, 400, `{"code":"username-already-used"`, recorded},
		{"owner", "DELETE", "/stores/{empty}/lightning-addresses/shop", "", 404, notFound, service},
		{"owner", "POST", all + "/bare", `{}`, 200, `{"username":"bare","currencyCode":null,"min":null,"max":null,"invoiceMetadata":null}`, recorded},
		{"owner", "POST", all + "/shop", `{"min":null}`, 200, `{"username":"shop","currencyCode":null,"min":null`, recorded},
		{"owner", "GET", all, "", 200, `[{"username":"shop"`, recorded},
		{"owner", "POST", all + "/x", `{"min":-1}`, 422, `[{"path":"Min","message":"Minimum must be greater than 0 if provided."}]`, recorded},
		{"owner", "POST", all + "/x", `{"min":"much"}`, 422, `[{"path":"min"`, "20-invoices"},
		{"owner", "POST", all + "/x", `{"min":5,"max":1}`, 200, `{"username":"x","currencyCode":null,"min":5.0,"max":1.0`, "GreenfieldStoreLightningAddressesController.cs"},
		{"owner", "POST", all + "/x", `{"invoiceMetadata":5}`, 422, `*{"path":"invoiceMetadata","message":"Deserialized JSON type`, "20-invoices"},
		{"owner", "POST", all + "/x", ``, 415, `*Unsupported Media Type`, "20-invoices"},
		{"owner", "POST", all + "/x", `5`, 422, `*{"path":"data","message":"The data field is required."}`, "27-notifications: a parameter that may not be null is named"},
		{"owner", "DELETE", all + "/X", "", 200, "", service},
		{"owner", "DELETE", all + "/x", "", 200, "", recorded},
		{"owner", "GET", all + "/x", "", 404, notFound, recorded},
		{"guest", "GET", all, "", 403, `{"missingPermission":"btcpay.store.canviewstoresettings"`, "greenfield-operations.json"},
		{"manager", "GET", all, "", 200, `[{"username":"shop"`, "wire.md: roles"},
		{"manager", "DELETE", all + "/shop", "", 403, modify, "wire.md: roles"},
		{"admin", "GET", all + "/shop", "", 200, `{"username":"shop"`, "neighbours.md: administrators view settings"},
		{"admin", "POST", all + "/shop", `{}`, 403, modify, "17-permission-scopes"},
		{"btcpay.store.canviewstoresettings:{empty}", "GET", all, "", 403, `{"missingPermission":"btcpay.store.canviewstoresettings"`, "17-permission-scopes"},
	})
}

func TestNearFiles(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	w := newNearby(t, Options{StateFile: state})
	const recorded, files = "28-misc", "GreenfieldFilesController.cs"
	send := func(who, contentType, body string) (status int, answer string) {
		t.Helper()
		response, answer := w.call("POST", "/api/v1/files", body, "Content-Type", contentType, "Authorization", "token "+w.keys[who])
		return response.StatusCode, answer
	}
	const form = "multipart/form-data; boundary=b"
	part := func(disposition, content string) string {
		return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n--b--\r\n"
	}
	for _, step := range []struct {
		who, contentType, body string
		status                 int
		want, seen             string
	}{
		{"owner", form, part(`name="file"; filename="a b.txt"`, "hello"), 200, `"originalName":"a b.txt"`, recorded},
		{"owner", form, part(`name="FILE"; filename="empty"`, ""), 200, `"originalName":"empty"`, recorded},
		{"owner", form, part(`name="file"; filename="a\\b"`, "x"), 422, `[{"path":"FileName","message":"Invalid filename"}]`, "StringExtensions.cs"},
		{"owner", form, part(`name="file"; filename="c:d"`, "x"), 422, `[{"path":"FileName","message":"Invalid filename"}]`, "StringExtensions.cs"},
		{"owner", form, part(`name="other"; filename="a.txt"`, "x"), 422, `[{"path":"file","message":"Invalid file"}]`, recorded},
		{"owner", form, part(`name="file"`, "x"), 422, `[{"path":"file","message":"Invalid file"}]`, recorded},
		{"owner", form, "", 422, `[{"path":"file","message":"Invalid file"}]`, recorded},
		{"owner", "multipart/form-data", "x", 422, `[{"path":"file","message":"Invalid file"}]`, recorded},
		{"owner", "text/plain", "x", 415, "", recorded},
		{"alice", form, part(`name="file"; filename="a.txt"`, "x"), 403, `{"missingPermission":"btcpay.server.canmodifyserversettings"`, "greenfield-operations.json"},
	} {
		if status, answer := send(step.who, step.contentType, step.body); status != step.status || !strings.Contains(answer, step.want) {
			t.Errorf("%q: %d %s, want %d %s (%s)", step.body, status, answer, step.status, step.want, step.seen)
		}
	}
	if err := w.s.Advance(1e9); err != nil {
		t.Fatal(err)
	}
	_, answer := send("admin", form, part(`name="file"; filename="page.html"`, "<script>alert(1)</script>"))
	id, link := member(t, answer, "id"), member(t, answer, "url")
	shown, content := w.call("GET", strings.TrimPrefix(link, w.origin), "")
	if shown.StatusCode != http.StatusOK || content != "<script>alert(1)</script>" || !strings.Contains(shown.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%s: %s %s", link, shown.Status, content)
	}
	w.names = strings.NewReplacer("{file}", id, "{admin}", w.s.state.FindUser("admin@shop.example").ID)
	w.play([]near{
		{"owner", "GET", "/files", "", 200, `[{"id":"{file}","userId":"{admin}","uri":"fileid:{file}"`, recorded + ": of 2.3.9, the newest first"},
		{"owner", "GET", "/files/{file}", "", 200, `{"id":"{file}"`, recorded},
		{"owner", "GET", "/files/nosuch", "", 404, `{"code":"file-not-found","message":"The file does not exist."}`, files},
		{"owner", "DELETE", "/files/nosuch", "", 404, `{"code":"file-not-found"`, files},
		{"alice", "DELETE", "/files/{file}", "", 403, `{"missingPermission":"btcpay.server.canmodifyserversettings"`, "greenfield-operations.json"},
		{"alice", "GET", "/files", "", 403, `{"missingPermission":"btcpay.server.canmodifyserversettings"`, "greenfield-operations.json"},
		{"owner", "DELETE", "/files/{file}", "", 200, "", recorded},
		{"owner", "DELETE", "/files/{file}", "", 404, `{"code":"file-not-found"`, files},
		{"owner", "GET", "/files", "", 200, `*"originalName":"a b.txt"`, recorded},
	})
	response, answer := w.call("POST", "/api/v1/users/me/picture", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"me.svg\"\r\nContent-Type: image/svg+xml\r\n\r\n<svg/>\r\n--b--\r\n", "Content-Type", form, "Authorization", "token "+w.keys["guest"])
	if response.StatusCode != http.StatusOK {
		t.Fatal(answer)
	}
	w.play([]near{{"owner", "GET", "/files", "", 200, `*"originalName":"me.svg"`, "28-misc of 2.3.9: pictures are files"}})
	if gone, _ := w.call("GET", strings.TrimPrefix(link, w.origin), ""); gone.StatusCode != http.StatusNotFound {
		t.Errorf("a file that was removed: %s", gone.Status)
	}
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := NewHandler(Options{StateFile: state})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if len(again.state.Pictures) != 3 {
		t.Errorf("%d files after a restart", len(again.state.Pictures))
	}
}
