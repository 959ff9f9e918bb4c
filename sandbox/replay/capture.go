package replay

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// captureAll reads the values that later steps need from a response.
func (p *player) captureAll(captures map[string]string, a *answered) []Difference {
	var diffs []Difference
	for _, name := range sortedKeys(captures) {
		value, err := capture(captures[name], a)
		if err != nil {
			diffs = append(diffs, Difference{"capture of " + name, captures[name], err.Error()})
			continue
		}
		p.vars.values[name] = value
	}
	return diffs
}

func capture(how string, a *answered) (string, error) {
	kind, rest, _ := strings.Cut(how, ":")
	switch kind {
	case "status":
		return strconv.Itoa(a.status), nil
	case "json":
		if !a.json {
			return "", fmt.Errorf("the body is not JSON")
		}
		v, found := lookUp(a.value, rest)
		if !found {
			return "", fmt.Errorf("the body has no %s", rest)
		}
		return plainText(v), nil
	case "location":
		return firstGroup(rest, a.header.Get("Location"))
	case "header":
		name, pattern, _ := strings.Cut(rest, ":")
		return firstGroup(pattern, a.header.Get(name))
	case "text":
		if a.page != nil {
			return firstGroup(rest, strings.Join(slices.Concat(a.page.Alerts, a.page.Texts), " "))
		}
		return firstGroup(rest, string(a.body))
	case "cookie":
		for _, line := range a.header["Set-Cookie"] {
			if value, found := strings.CutPrefix(line, rest+"="); found {
				value, _, _ = strings.Cut(value, ";")
				return value, nil
			}
		}
		return "", fmt.Errorf("no cookie %s is set", rest)
	case "form", "formwith":
		return captureField(kind, rest, a)
	}
	return "", fmt.Errorf("unknown kind of capture")
}

// captureField reads N.field or BUTTON.field.
func captureField(kind, rest string, a *answered) (string, error) {
	which, name, _ := strings.Cut(rest, ".")
	if a.page == nil {
		return "", fmt.Errorf("the body is not an HTML page")
	}
	for i, form := range a.page.Forms {
		if kind == "form" && strconv.Itoa(i) != which || kind == "formwith" && form.Button(which) == nil {
			continue
		}
		for _, field := range form.Fields {
			if field.Name == name {
				return field.Value, nil
			}
		}
		return "", fmt.Errorf("the form has no field %s", name)
	}
	return "", fmt.Errorf("there is no such form")
}

func firstGroup(pattern, text string) (string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	groups := re.FindStringSubmatch(text)
	if len(groups) < 2 {
		return "", fmt.Errorf("%q does not have it", text)
	}
	return groups[1], nil
}

var condition = expression(`^(json:[\w.-]*|status)(?:(!=|>=|=|~)(.*))?$`)

// holds reports whether the condition of a poll is met.
func (p *player) holds(until string, a *answered) (bool, error) {
	until, err := p.vars.expand(until)
	if err != nil {
		return false, err
	}
	if text, found := strings.CutPrefix(until, "text:"); found {
		return strings.Contains(string(a.body), text), nil
	}
	parts := condition().FindStringSubmatch(until)
	if parts == nil {
		return false, fmt.Errorf("unknown condition %q", until)
	}
	got, found := strconv.Itoa(a.status), true
	if path, isJSON := strings.CutPrefix(parts[1], "json:"); isJSON {
		var v any
		v, found = lookUp(a.value, path)
		got, found = plainText(v), found && a.json
	}
	switch parts[2] {
	case "":
		return found && got != "null", nil
	case "=":
		return found && got == parts[3], nil
	case "!=":
		return found && got != parts[3], nil
	case ">=":
		x, err1 := json.Number(got).Float64()
		y, err2 := json.Number(parts[3]).Float64()
		return found && err1 == nil && err2 == nil && x >= y, nil
	}
	re, err := regexp.Compile(parts[3])
	return err == nil && found && re.MatchString(got), err
}
