package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

func (r *reducer) parse(text json.RawMessage, depth int) (schema, error) {
	var s schema
	if r.steps++; r.steps > maxSteps {
		return s, errors.New("it is too large")
	}
	if depth > maxDepth {
		return s, fmt.Errorf("schemas are nested or refer to each other more than %d deep, or in a cycle", maxDepth)
	}
	if text == nil || string(text) == "true" {
		return s, nil
	}
	err := json.Unmarshal(text, &s)
	return s, err
}

// define adds a named type.
func (r *reducer) define(name string, text json.RawMessage, depth int) error {
	s, err := r.parse(text, depth)
	if err != nil {
		return err
	}
	fields := map[string]string{}
	if err := r.fields(name, s, fields, true, depth); err != nil {
		return err
	}
	if len(fields) > 0 || s.Properties != nil {
		r.facts.Types[name] = Type{Fields: fields}
		return nil
	}
	is, err := r.plainType(name, s, depth)
	r.facts.Types[name] = Type{Is: is}
	return err
}

// fields collects the fields of a schema and of all schemas that it consists of.
func (r *reducer) fields(name string, s schema, into map[string]string, certain bool, depth int) error {
	if s.Ref != "" {
		target, err := r.refName(s.Ref, "schemas")
		if err != nil {
			return err
		}
		other, err := r.parse(r.components["schemas"][target], depth+1)
		if err != nil {
			return err
		}
		return r.fields(target, other, into, certain, depth+1)
	}
	var required []string
	if s.Required != nil {
		_ = json.Unmarshal(s.Required, &required) // a boolean in schemas of one parameter
	}
	for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
		is, err := r.typeOf(name+"."+field, s.Properties[field], depth+1)
		if err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
		if certain && slices.Contains(required, field) {
			is += "!"
		}
		if have, ok := into[field]; ok && have != is && !certain {
			is = union(have, is)
		}
		into[field] = is
	}
	for i, parts := range [][]json.RawMessage{s.AllOf, s.OneOf, s.AnyOf} {
		for _, part := range parts {
			p, err := r.parse(part, depth+1)
			if err != nil {
				return err
			}
			if err := r.fields(name, p, into, certain && i == 0, depth+1); err != nil {
				return err
			}
		}
	}
	for field := range into {
		if slices.Contains(required, field) && certain && !strings.HasSuffix(into[field], "!") {
			into[field] += "!"
		}
	}
	return nil
}

func union(a, b string) string {
	all := append(strings.Split(a, " or "), strings.Split(b, " or ")...)
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " or ")
}

// typeOf returns the type of a schema in words. An object that has no name of its own gets
// the name of the place where it stands.
func (r *reducer) typeOf(name string, text json.RawMessage, depth int) (string, error) {
	s, err := r.parse(text, depth)
	if err != nil {
		return "", err
	}
	is, err := r.plainType(name, s, depth)
	if s.Nullable && err == nil {
		is += "?"
	}
	return is, err
}

func (r *reducer) plainType(name string, s schema, depth int) (string, error) {
	if s.Ref != "" {
		return r.refName(s.Ref, "schemas")
	}
	if s.Properties != nil || len(s.AllOf)+len(s.AnyOf) > 0 && (len(s.AllOf)+len(s.AnyOf) > 1 || len(s.AnyOf) == 1) {
		if _, ok := r.facts.Types[name]; !ok && strings.ContainsAny(name, ". ") {
			fields := map[string]string{}
			if err := r.fields(name, s, fields, true, depth+1); err != nil {
				return "", err
			}
			if len(fields) > 0 {
				r.facts.Types[name] = Type{Fields: fields}
				return name, nil
			}
		}
	}
	if parts := append(slices.Clone(s.OneOf), s.AnyOf...); len(parts) > 0 {
		is := ""
		for i, part := range parts {
			one, err := r.typeOf(fmt.Sprintf("%s.%d", name, i), part, depth+1)
			if err != nil {
				return "", err
			}
			if is == "" {
				is = one
			}
			is = union(is, one)
		}
		return is, nil
	}
	// A reference with a note of its own is written as an allOf of one.
	if len(s.AllOf) > 0 {
		return r.typeOf(name, s.AllOf[0], depth+1)
	}
	return r.scalar(name, s, depth)
}

var formatPattern = regexp.MustCompile(`^[a-z0-9-]+$`)

func (r *reducer) scalar(name string, s schema, depth int) (string, error) {
	var kind string
	if s.Type != nil && json.Unmarshal(s.Type, &kind) != nil {
		return "", fmt.Errorf("the type %.80s is none of OpenAPI 3.0", s.Type)
	}
	switch {
	case kind == "array" || s.Items != nil:
		is, err := r.typeOf(name+".item", s.Items, depth+1)
		return "[" + is + "]", err
	case kind == "object" || kind == "" && s.Additional != nil:
		if len(s.Additional) > 0 && s.Additional[0] == '{' {
			is, err := r.typeOf(name+".value", s.Additional, depth+1)
			return "{" + is + "}", err
		}
		return "object", nil
	case len(s.Enum) > 0:
		var values []string
		for _, value := range s.Enum {
			var text *string
			switch {
			case json.Unmarshal(value, &text) != nil:
				values = append(values, string(value))
			case text != nil: // null stands for nullable
				values = append(values, *text)
			}
		}
		slices.Sort(values)
		if kind == "" {
			kind = "string"
		}
		return kind + "=" + strings.Join(slices.Compact(values), "|"), nil
	case kind == "":
		return "any", nil
	case formatPattern.MatchString(s.Format):
		return kind + ":" + s.Format, nil
	}
	return kind, nil
}
