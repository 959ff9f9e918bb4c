package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestAppNeighbours has neighbours of recording 25-apps.
func TestAppNeighbours(t *testing.T) {
	c := newCast(t, map[string]string{"view": "btcpay.store.canviewstoresettings", "nothing": "btcpay.user.canviewprofile"})
	const (
		controller = "GreenfieldAppsController.cs"
		service    = "AppService.cs"
		scopes     = "recording 17-permission-scopes"
		group      = "recording 25-apps"
		library    = "Newtonsoft.Json"
		binder     = "ASP.NET, SimpleTypeModelBinder"
		wire       = "wire.md"
	)
	name := func(n int) string { return `{"appName":"` + strings.Repeat("é", n) + `"}` }
	template := func(items string) string {
		text, err := json.Marshal(items)
		if err != nil {
			t.Fatal(err)
		}
		return `{"appName":"Till","template":` + string(text) + `}`
	}
	pos, fund := "{here}/apps/pos", "{here}/apps/crowdfund"
	c.play([]requestStep{
		// Who may.
		{"none", "GET", "/api/v1/apps", "", 401, `"unauthenticated"`, "", wire},
		{"nothing", "GET", "/api/v1/apps", "", 403, `canmodifystoresettings`, "", scopes},
		{"view", "GET", "/api/v1/apps", "", 403, `canmodifystoresettings`, "", scopes},
		{"view", "GET", "{here}/apps", "", 403, `canmodifystoresettings`, "", "versions.md, apps"},
		{"manager", "POST", pos, `{"appName":"x"}`, 403, `canmodifystoresettings`, "", "wire.md, default store roles"},
		{"stranger", "POST", pos, `{"appName":"x"}`, 403, `canmodifystoresettings`, "", scopes},
		{"admin", "POST", pos, `{"appName":"x"}`, 403, `canmodifystoresettings`, "", scopes},
		{"", "POST", pos, `{"appName":"Till"}`, 200, `"appType":"PointOfSale"`, "pos", group},
		{"", "POST", "/API/v1/STORES/{store}/Apps/Crowdfund", `{"APPNAME":"Fund"}`, 200, `"appType":"Crowdfund"`, "fund", wire},
		{"none", "GET", "/api/v1/apps/pos/{pos}", "", 401, `"unauthenticated"`, "", wire},
		{"nothing", "GET", "/api/v1/apps/pos/{pos}", "", 200, `"id":"{pos}"`, "", group},
		{"stranger", "GET", "/api/v1/apps/crowdfund/{fund}", "", 200, `"id":"{fund}"`, "", group},
		{"nothing", "GET", "/api/v1/apps/pos/NoSuch", "", 404, `={"code":"app-not-found","message":"The app with specified ID was not found"}`, "", controller},
		{"nothing", "GET", "/api/v1/apps/pos/{fund}", "", 404, `"app-not-found"`, "", group},
		{"stranger", "GET", "/api/v1/apps/{pos}", "", 403, `canmodifystoresettings`, "", scopes},
		{"stranger", "PUT", "/api/v1/apps/pos/{pos}", `{}`, 403, `canmodifystoresettings`, "", scopes},
		{"", "PUT", "/api/v1/apps/pos/NoSuch", `{}`, 403, `canmodifystoresettings`, "", group},
		{"", "PUT", "/api/v1/apps/pos/{fund}", `{}`, 404, `"app-not-found"`, "", controller},
		{"", "PUT", "/api/v1/apps/crowdfund/{pos}", `{"appName":""}`, 404, `"app-not-found"`, "", controller},
		{"stranger", "GET", "/api/v1/apps", "", 200, "=[]", "", service},
		{"stranger", "GET", "{there}/apps", "", 200, "=[]", "", service},
		{"", "GET", "/api/v1/stores/NoSuch/apps", "", 403, `canmodifystoresettings`, "", scopes},

		// Bodies.
		{"", "POST", pos, "", 415, `"status":415`, "", wire},
		{"", "POST", pos, `null`, 422, `"path":"request","message":"The request field is required."`, "", wire},
		{"", "POST", pos, `{"appName":""}`, 422, `=[{"path":"AppName","message":"App name is missing"}]`, "", controller},
		{"", "POST", pos, name(50), 200, ``, "", controller},
		{"", "POST", pos, name(51), 422, `=[{"path":"AppName","message":"App name can only be between 1 and 50 characters"}]`, "", controller},
		{"", "POST", pos, `{"appName":"x","currency":"eur","customTipPercentages":[]}`, 200, `"currency":"eur"`, "", "CurrencyNameTable.cs"},
		{"", "POST", pos, `{"appName":"x","currency":""}`, 422, `=[{"path":"Currency","message":"Invalid currency"}]`, "", controller},
		{"", "POST", pos, `{"appName":"x","currency":null,"archived":true,"title":""}`, 200, `"title":"",`, "", controller},
		{"", "POST", pos, `{"appName":"x","defaultView":"CART","showItems":"true","showSearch":1}`, 200, `"defaultView":"Cart","showItems":true,"showCustomAmount":false,"showDiscount":false,"showSearch":true`, "", library},
		{"", "POST", pos, `{"appName":"x","showItems":"maybe"}`, 422, `"Could not convert string to boolean: maybe.`, "", library},
		{"", "POST", pos, `{"appName":"x","customTipPercentages":[5,"10",null]}`, 422, `"path":"customTipPercentages[2]","message":"Error converting value {null} to type 'System.Int32'.`, "", library},
		{"", "POST", pos, `{"appName":"x","customTipPercentages":[5,"10"]}`, 200, `"customTipPercentages":[5,10]`, "", library},
		{"", "POST", pos, `{"appName":"x","customTipPercentages":7}`, 422, `'System.Int32[]'`, "", library},
		{"", "POST", pos, `{"appName":"x\u0000"}`, 500, "=", "", "neighbours.md, refused late"},
		{"", "POST", pos, `{"appName":"x","htmlMetaTags":"a<b>c</b><meta name=x onclick=y content='\"'><!--no--> &lt;"}`, 200, `"htmlMetaTags":"a<meta name=\"x\" content=\"&quot;\"> &lt;"`, "", "Safe.cs, RawMeta"},
		{"", "POST", pos, `{"appName":"x","htmlMetaTags":"<div><meta name=x></div>"}`, 200, `"htmlMetaTags":""`, "", "Safe.cs, RawMeta"},

		// Templates.
		{"", "POST", pos, template(""), 200, `"items":[]`, "", service},
		{"", "POST", pos, template("null"), 422, `Value cannot be null. (Parameter 'source')`, "", service},
		{"", "POST", pos, template("{}"), 422, `Cannot deserialize the current JSON object (e.g. {\"name\":\"value\"}) into type 'BTCPayServer.Client.Models.AppItem[]'`, "", library},
		{"", "POST", pos, template(`{ "a" : 1}`), 422, `Path 'a', line 1, position 7.`, "", "recording 43-apikey-neighbours"},
		{"", "POST", pos, template("  lol"), 422, `Unexpected character encountered while parsing value: l. Path '', line 1, position 2.`, "", library},
		{"", "POST", pos, template("[null]"), 422, `Object reference not set to an instance of an object.`, "", service},
		{"", "POST", pos, template(`[{"title":"T"}]`), 422, `"Missing ID for item \"T\"."`, "", service},
		{"", "POST", pos, template(`[{"id":"a"},{"id":"b"},{"id":"a"}]`), 422, `"Duplicate ID \"a\"."`, "", service},
		{"", "POST", pos, template(`[{"id":"a","priceType":"Free"}]`), 422, `Error converting value \"Free\" to type 'BTCPayServer.Client.Models.AppItemPriceType'. Path '[0].priceType', line 1, position 29.`, "", library},
		{"", "POST", pos, template(`[{"ID":1,"price":2.50,"inventory":"3","priceType":"minimum","more":{"B":[1e2]}}]`), 200,
			`"items":[{"id":"1","title":null,"disabled":false,"description":null,"categories":null,"image":null,"priceType":"Minimum","price":"2.5","buyButtonText":null,"inventory":3,"taxRate":null,"more":{"B":[100.0]}}]`, "rich", "AppItem.cs"},
		{"", "GET", "/api/v1/apps/pos/{rich}", "", 200, `"more":{"B":[100.0]}`, "", "AppItem.cs"},
		{"", "PUT", "/api/v1/apps/pos/{rich}", `{"template":"[{}]","currency":"x","appName":"` + strings.Repeat("n", 51) + `"}`, 422,
			`=[{"path":"AppName","message":"App name can only be between 1 and 50 characters"},{"path":"Currency","message":"Invalid currency"},{"path":"Template","message":"Missing ID for item \"\"."}]`, "", controller},
		{"", "PUT", "/api/v1/apps/pos/{rich}", `{"appName":null,"title":"only"}`, 200, `"title":"only"`, "", controller},
		{"", "GET", "/api/v1/apps/{rich}", "", 200, `"appName":"Till","storeId":"{store}","archived":false`, "", controller},

		// Crowdfunds.
		{"", "POST", fund, `{"appName":"x","title":" t ","description":" d ","targetCurrency":"usd","targetAmount":"0","disqusShortname":" "}`, 200,
			`"title":"t","enabled":true,"enforceTargetAmount":false,"startDate":null,"targetCurrency":"usd","description":"d","endDate":null,"targetAmount":null`, "", controller},
		{"", "POST", fund, `{"appName":"x","targetCurrency":" usd "}`, 422, `"path":"TargetCurrency"`, "", controller},
		{"", "POST", fund, `{"appName":"x","targetAmount":""}`, 200, `"targetAmount":null`, "", library},
		{"", "POST", fund, `{"appName":"x","targetAmount":"much"}`, 422, `Could not convert string to decimal: much.`, "", library},
		{"", "POST", fund, `{"appName":"x","resetEvery":"day"}`, 422, `=[{"path":"StartDate","message":"A start date is needed when the goal resets every X amount of time"}]`, "", controller},
		{"", "POST", fund, `{"appName":"x","resetEvery":"Never","resetEveryAmount":-5}`, 200, `"resetEveryAmount":-5`, "", controller},
		{"", "POST", fund, `{"appName":"x","startDate":1700000000,"endDate":1700000000}`, 200, `"endDate":1700000000`, "", controller},
		{"", "POST", fund, `{"appName":"x","startDate":"now"}`, 422, `expected is Integer and actual is String`, "", "NBitcoin, DateTimeToUnixTimeConverter"},
		{"", "POST", fund, `{"appName":"x","sounds":[" a ",""],"animationColors":["red"]}`, 200, `"soundsEnabled":true,"animationsEnabled":true`, "loud", controller},
		{"", "GET", "/api/v1/apps/crowdfund/{loud}", "", 200, `"sounds":["a",""],"animationColors":["red"]`, "", controller},
		{"", "POST", fund, `{"appName":"x","sounds":[null]}`, 500, "=", "", controller},
		{"", "PUT", "/api/v1/apps/crowdfund/{loud}", `{"appName":"quiet","archived":true,"disqusShortname":" d "}`, 200, `"disqusEnabled":true,"disqusShortname":"d","soundsEnabled":false`, "", controller},
		{"", "PUT", "/api/v1/apps/crowdfund/{loud}", `{"appName":"quiet","targetCurrency":"X"}`, 422, `"path":"TargetCurrency"`, "", controller},
		{"", "GET", "/api/v1/apps/{loud}", "", 200, `"archived":true`, "", controller},

		// Sales.
		{"view", "GET", "/api/v1/apps/{pos}/sales", "", 403, `canmodifystoresettings`, "", scopes},
		{"", "GET", "/api/v1/apps/{pos}/sales?numberOfDays=x", "", 422, `=[{"path":"numberOfDays","message":"The value 'x' is not valid."}]`, "", wire},
		{"", "GET", "/api/v1/apps/{pos}/sales?numberOfDays=", "", 422, `=[{"path":"numberOfDays","message":"The value '' is invalid."}]`, "", binder},
		{"", "GET", "/api/v1/apps/{pos}/sales?numberOfDays=-1", "", 500, "=", "", service},
		{"", "GET", "/api/v1/apps/{pos}/sales?numberOfDays=2147483647", "", 500, "=", "", service},
		{"", "GET", "/api/v1/apps/{fund}/sales?numberOfDays=1", "", 200, fmt.Sprintf(`={"salesCount":0,"series":[{"date":%d,"label":"%s","salesCount":0}]}`, c.s.Now().Truncate(24*time.Hour).Unix(), c.s.Now().Format("Jan 02")), "", service},
		{"", "GET", "/api/v1/apps/{fund}/top-items?offset=5&count=0", "", 200, "=[]", "", controller},
		{"", "GET", "/api/v1/apps/{pos}/top-items?count=-1", "", 500, "=", "", controller},
		{"", "GET", "/api/v1/apps/{pos}/top-items?offset=-1", "", 500, "=", "", controller},
		{"", "GET", "/api/v1/apps/{pos}/top-items?offset=1.5", "", 422, `"The value '1.5' is not valid."`, "", wire},

		// Removing.
		{"stranger", "DELETE", "/api/v1/apps/{pos}", "", 403, `canmodifystoresettings`, "", scopes},
		{"", "DELETE", "/api/v1/apps/{pos}/image/NoSuch", "", 200, "=", "", "FileService.RemoveFile"},
		{"", "DELETE", "/api/v1/apps/{pos}", "", 200, "=", "", group},
		{"", "DELETE", "/api/v1/apps/{pos}", "", 404, `"app-not-found"`, "", group},
		{"", "GET", "/api/v1/apps/{pos}/sales", "", 404, `"app-not-found"`, "", group},
		{"nothing", "GET", "/api/v1/apps/pos/{pos}", "", 404, `"app-not-found"`, "", controller},
		{"stranger", "GET", "/api/v1/apps/{pos}", "", 403, `canmodifystoresettings`, "", scopes},
	})
	if err := c.s.Advance(11 * time.Minute); err != nil {
		t.Fatal(err)
	}
	c.play([]requestStep{{"", "GET", "/api/v1/apps/{pos}", "", 403, `canmodifystoresettings`, "", "recording 22-webhooks"}})
}

// TestAppPictures uploads pictures of items (by the server's source, FileService.UploadImage).
func TestAppPictures(t *testing.T) {
	c := newCast(t, nil)
	c.play([]requestStep{{"", "POST", "{here}/apps/pos", `{"appName":"Till"}`, 200, "", "pos", "recording 25-apps"}})
	upload := func(as, media, content string) (int, string) {
		t.Helper()
		body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.svg\"\r\nContent-Type: " + media + "\r\n\r\n" + content + "\r\n--x--\r\n"
		response, text := c.call("POST", "/api/v1/apps/"+c.values["pos"]+"/image", body, "Content-Type", "multipart/form-data; boundary=x", "Authorization", "token "+c.keys[as])
		return response.StatusCode, text
	}
	const svg = `<svg xmlns="http://www.w3.org/2000/svg"></svg>`
	for _, test := range []struct {
		as, media, content string
		status             int
		want               string
	}{
		{"manager", "image/png", svg, 403, "missingPermission"},
		{"", "text/plain", svg, 422, "needs to be an image"},
		{"", "image/png", svg + strings.Repeat(" ", 500_000), 422, "should be less than 0MB"},
		{"", "image/svg+xml", svg, 200, `"originalName":"a b.svg"`},
	} {
		if status, text := upload(test.as, test.media, test.content); status != test.status || !strings.Contains(text, test.want) {
			t.Errorf("%s %s: %d %.200s", test.as, test.media, status, text)
		}
	}
	_, text := upload("", "image/png", svg)
	id, link := member(t, text, "id"), strings.TrimPrefix(member(t, text, "url"), c.origin)
	if response, content := c.call("GET", link, ""); response.StatusCode != 200 || content != svg {
		t.Error(response.StatusCode, content)
	}
	for range 2 { // the second time there is none
		if response, _ := c.greenfield("DELETE", "/api/v1/apps/"+c.values["pos"]+"/image/"+id, ""); response.StatusCode != 200 {
			t.Error(response.StatusCode)
		}
		if response, _ := c.call("GET", link, ""); response.StatusCode != 404 {
			t.Error("the picture is there:", response.StatusCode)
		}
	}
}
