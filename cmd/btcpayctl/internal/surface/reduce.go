package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

const (
	maxDepth = 100     // of schemas in schemas, and of references to references
	maxSteps = 500_000 // schemas looked at; known documents need about 6,000
)

// A schema is the part of an OpenAPI schema that facts are made of.
type schema struct {
	Ref        string                     `json:"$ref"`
	Type       json.RawMessage            `json:"type"`
	Format     string                     `json:"format"`
	Nullable   bool                       `json:"nullable"`
	Enum       []json.RawMessage          `json:"enum"`
	Required   json.RawMessage            `json:"required"`
	Properties map[string]json.RawMessage `json:"properties"`
	Items      json.RawMessage            `json:"items"`
	AllOf      []json.RawMessage          `json:"allOf"`
	OneOf      []json.RawMessage          `json:"oneOf"`
	AnyOf      []json.RawMessage          `json:"anyOf"`
	Additional json.RawMessage            `json:"additionalProperties"`
}

type parameter struct {
	Ref      string          `json:"$ref"`
	Name     string          `json:"name"`
	In       string          `json:"in"`
	Required bool            `json:"required"`
	Schema   json.RawMessage `json:"schema"`
}

type body struct {
	Ref      string `json:"$ref"`
	Required bool   `json:"required"`
	Content  map[string]struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"content"`
}

type operation struct {
	Parameters  []parameter     `json:"parameters"`
	RequestBody *body           `json:"requestBody"`
	Responses   map[string]body `json:"responses"`
}

type document struct {
	OpenAPI string `json:"openapi"`
	Info    struct {
		Version string `json:"version"`
	} `json:"info"`
	Paths map[string]map[string]json.RawMessage `json:"paths"`
	// Components are the shared parts of the document, by kind and name.
	Components map[string]json.RawMessage `json:"components"`
}

// A reducer makes facts of a document.
type reducer struct {
	document   document
	components map[string]map[string]json.RawMessage
	facts      *Facts
	steps      int
	notes      map[string]bool
}

var methods = []string{"get", "put", "post", "delete", "patch", "head", "options"}

// reduce returns the facts, and notes about what is unusual in the document.
func reduce(text []byte) (*Facts, []string, error) {
	r := &reducer{
		facts:      &Facts{Operations: map[string]Operation{}, Types: map[string]Type{}},
		components: map[string]map[string]json.RawMessage{}, notes: map[string]bool{},
	}
	if err := json.Unmarshal(text, &r.document); err != nil {
		return nil, nil, fmt.Errorf("it is no OpenAPI document: %w", err)
	}
	if !strings.HasPrefix(r.document.OpenAPI, "3.") || len(r.document.Paths) == 0 {
		return nil, nil, errors.New("it is no OpenAPI document of version 3 with paths")
	}
	r.facts.Version = r.document.Info.Version
	for kind, text := range r.document.Components {
		var named map[string]json.RawMessage
		if err := json.Unmarshal(text, &named); err != nil {
			return nil, nil, fmt.Errorf("components.%s: %w", kind, err)
		}
		r.components[kind] = named
	}
	for _, name := range slices.Sorted(maps.Keys(r.components["schemas"])) {
		if err := r.define(name, r.components["schemas"][name], 0); err != nil {
			return nil, nil, fmt.Errorf("schema %s: %w", name, err)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(r.document.Paths)) {
		if err := r.path(path, r.document.Paths[path]); err != nil {
			return nil, nil, fmt.Errorf("path %s: %w", path, err)
		}
	}
	return r.facts, slices.Sorted(maps.Keys(r.notes)), nil
}

func (r *reducer) path(path string, item map[string]json.RawMessage) error {
	var shared []parameter
	if text := item["parameters"]; text != nil {
		if err := json.Unmarshal(text, &shared); err != nil {
			return err
		}
	}
	for _, method := range methods {
		text := item[method]
		if text == nil {
			continue
		}
		var o operation
		if err := json.Unmarshal(text, &o); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		name := strings.ToUpper(method) + " " + path
		facts, err := r.operation(name, o, shared)
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		r.facts.Operations[name] = facts
	}
	return nil
}

func (r *reducer) operation(name string, o operation, shared []parameter) (Operation, error) {
	facts := Operation{Parameters: map[string]string{}, Responses: map[string]string{}}
	for _, p := range append(slices.Clone(shared), o.Parameters...) {
		if err := r.resolve(p.Ref, "parameters", &p); err != nil {
			return Operation{}, err
		}
		is, err := r.typeOf(name+" "+p.Name, p.Schema, 0)
		if err != nil {
			return Operation{}, fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		if p.Required || p.In == "path" {
			is += "!"
		}
		facts.Parameters[p.In+" "+p.Name] = is
	}
	if o.RequestBody != nil {
		is, err := r.content(name+" request", *o.RequestBody, "requestBodies")
		if err != nil {
			return Operation{}, err
		}
		if o.RequestBody.Required && is != "" {
			is += "!"
		}
		facts.Request = is
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		is, err := r.content(name+" "+status, o.Responses[status], "responses")
		if err != nil {
			return Operation{}, err
		}
		facts.Responses[status] = is
	}
	return facts, nil
}

// content returns the type of a body. What is not JSON is named by its media type.
func (r *reducer) content(name string, b body, kind string) (string, error) {
	if err := r.resolve(b.Ref, kind, &b); err != nil {
		return "", err
	}
	for _, media := range slices.Sorted(maps.Keys(b.Content)) {
		if strings.HasPrefix(media, "application/json") {
			return r.typeOf(name, b.Content[media].Schema, 0)
		}
	}
	for _, media := range slices.Sorted(maps.Keys(b.Content)) {
		r.notes[fmt.Sprintf("%s: the body is %s, and its fields are not taken", name, media)] = true
		return media, nil
	}
	return "", nil
}

// resolve replaces a reference to a component by what it refers to.
func (r *reducer) resolve(ref, kind string, into any) error {
	if ref == "" {
		return nil
	}
	name, err := r.refName(ref, kind)
	if err != nil {
		return err
	}
	return json.Unmarshal(r.components[kind][name], into)
}

// refName returns the component that a reference names. The server's documents have a key
// with a slash, Subscriptions/Currency, and refer to it without the escape ~1.
func (r *reducer) refName(ref, kind string) (string, error) {
	rest, ok := strings.CutPrefix(ref, "#/components/"+kind+"/")
	if !ok {
		return "", fmt.Errorf("the reference %.200q is none to components/%s", ref, kind)
	}
	if plain, err := url.PathUnescape(rest); err == nil {
		rest = plain
	}
	for _, name := range []string{strings.NewReplacer("~1", "/", "~0", "~").Replace(rest), rest} {
		if _, ok := r.components[kind][name]; ok {
			if strings.Contains(name, "/") {
				r.notes[fmt.Sprintf("components/%s has a key with a slash: %s", kind, name)] = true
			}
			return name, nil
		}
	}
	return "", fmt.Errorf("the reference %.200q leads nowhere", ref)
}
