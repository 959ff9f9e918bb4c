package sandbox

import (
	"strings"
	"testing"
)

// requestStep is a neighbour of a recorded step: a request, what the server answers, and where the rule is seen.
type requestStep struct {
	as     string // whose key: "" for the owner of the store, "none" for nobody, or a person or key of [newCast]
	method string
	path   string // {name} stands for a value
	body   string
	status int
	want   string // a part of the body, or all of it after "="
	save   string // the name under which the id in the response is a value from now on
	seen   string // a recording, a page of the facts, or a file of the server's source
}

// cast are the persons of a test, each with a key that has all rights of its user, and the values of its steps.
type cast struct {
	*testbed
	keys   map[string]string
	values map[string]string
}

// newCast makes an employee, a guest and a manager of the store of the seed, an administrator who is no member, somebody
// with a store of their own, and keys of the owner that lack permissions.
func newCast(t *testing.T, keys map[string]string) *cast {
	t.Helper()
	return newCastOf(t, Options{}, keys)
}

func newCastOf(t *testing.T, o Options, keys map[string]string) *cast {
	t.Helper()
	c := &cast{testbed: newTestbed(t, o), keys: map[string]string{}, values: map[string]string{}}
	c.values["store"] = c.s.Seed().StoreID
	c.keys[""] = c.s.Seed().APIKey
	c.values["here"] = "/api/v1/stores/" + c.values["store"]
	for _, name := range []string{"guest", "employee", "manager", "admin", "stranger"} {
		admin := map[bool]string{true: `,"isAdministrator":true`}[name == "admin"]
		_, text := c.greenfield("POST", "/api/v1/users", `{"email":"`+name+`@shop.example","password":"a word for you"`+admin+`}`)
		id := member(t, text, "id")
		_, text = c.greenfield("POST", "/api/v1/users/"+id+"/api-keys", `{"permissions":["unrestricted"]}`)
		c.keys[name] = member(t, text, "apiKey")
		if role := strings.ToUpper(name[:1]) + name[1:]; name != "admin" && name != "stranger" {
			c.greenfield("POST", c.values["here"]+"/users", `{"userId":"`+id+`","role":"`+role+`","storeRole":"`+role+`"}`)
		}
	}
	_, text := c.call("POST", "/api/v1/stores", `{"name":"Another"}`, "Authorization", "token "+c.keys["stranger"])
	c.values["other"] = member(t, text, "id")
	c.values["there"] = "/api/v1/stores/" + c.values["other"]
	for name, permissions := range keys {
		_, text := c.greenfield("POST", "/api/v1/api-keys", `{"permissions":["`+strings.ReplaceAll(permissions, " ", `","`)+`"]}`)
		c.keys[name] = member(t, text, "apiKey")
	}
	return c
}

// fill replaces {name} by values.
func (c *cast) fill(text string) string {
	for name, value := range c.values {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// play sends the steps one after the other.
func (c *cast) play(steps []requestStep) {
	c.t.Helper()
	for i, s := range steps {
		var headers []string
		if s.as != "none" {
			key := c.keys[s.as]
			if key == "" {
				c.t.Fatalf("step %d: there is no key %q", i, s.as)
			}
			headers = []string{"Authorization", "token " + key}
		}
		path, body, want := c.fill(s.path), c.fill(s.body), c.fill(s.want)
		response, got := c.call(s.method, path, body, headers...)
		all, whole := strings.CutPrefix(want, "=")
		if response.StatusCode != s.status || whole && got != all || !whole && !strings.Contains(got, want) {
			c.t.Errorf("step %d: %s %s %s %s\ngot  %d %s\nwant %d %s\nseen in %s", i, s.as, s.method, path, body, response.StatusCode, got, s.status, want, s.seen)
			continue
		}
		if s.save != "" {
			c.values[s.save] = member(c.t, got, "id")
		}
		if s.seen == "" {
			c.t.Errorf("step %d: %s %s: nobody saw the rule", i, s.method, path)
		}
	}
}
