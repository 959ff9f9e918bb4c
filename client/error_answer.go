package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const maxMessage = 2000 // bytes kept of a text that a server sent

// answerToError reads every form of error that servers and proxies send. It cannot fail,
// since the status is always known.
func answerToError(x *exchange, answer *http.Response, body []byte) error {
	e := &Error{Method: x.Method, Path: displayPath(x.Path), Status: answer.StatusCode, RetryAfter: retryAfter(answer.Header)}
	mediaType, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch {
	case len(body) == 0:
	case body[0] == '[':
		var fields []FieldError
		if unmarshalWhatFits(body, &fields) {
			e.addFields(x, fields...)
		}
	case body[0] == '{':
		e.readObject(x, body)
	case mediaType == "text/html" || body[0] == '<':
		e.Page = x.said(pageTitle(body))
	case mediaType == "text/plain":
		e.Message = x.said(string(body))
	}
	return e
}

// readObject reads {code, message} of Greenfield, {error} with or without errors of the
// BitPay API, and {title, detail} of RFC 9457.
func (e *Error) readObject(x *exchange, body []byte) {
	var object struct {
		Code              Code   `json:"code"`
		Message           string `json:"message"`
		MissingPermission string `json:"missingPermission"`
		Error             string `json:"error"`
		// This is a list in the BitPay API, and an object of lists in ASP.NET's problem
		// details.
		Errors json.RawMessage `json:"errors"`
		Title  string          `json:"title"`
		Detail string          `json:"detail"`
	}
	if !unmarshalWhatFits(body, &object) {
		return
	}
	e.readErrors(x, object.Errors)
	e.Code = Code(x.said(string(object.Code)))
	e.MissingPermission = x.said(object.MissingPermission)
	for _, text := range []string{object.Message, object.Error, object.Detail, object.Title} {
		if text != "" {
			e.Message = x.said(text)
			return
		}
	}
}

// readErrors reads [{"error": text}] of the BitPay API, whose first text is used if there
// is no message, and {"field": [text]} of ASP.NET.
func (e *Error) readErrors(x *exchange, raw json.RawMessage) {
	var list []struct {
		Error string `json:"error"`
	}
	var members map[string][]string
	switch {
	case len(raw) == 0:
	case raw[0] == '[' && unmarshalWhatFits(raw, &list) && len(list) > 0:
		e.Message = x.said(list[0].Error)
	case raw[0] == '{' && unmarshalWhatFits(raw, &members):
		for _, member := range slices.Sorted(maps.Keys(members)) {
			for _, message := range members[member] {
				e.addFields(x, FieldError{member, message})
			}
		}
	}
}

// maxFields is how many messages about fields are kept.
const maxFields = 100

func (e *Error) addFields(x *exchange, fields ...FieldError) {
	for _, field := range fields[:min(len(fields), maxFields-len(e.Fields))] {
		if field != (FieldError{}) {
			e.Fields = append(e.Fields, FieldError{x.said(field.Path), x.said(field.Message)})
		}
	}
}

// unmarshalWhatFits decodes JSON and ignores fields of an unexpected type, since a part
// of an error is more useful than nothing. It reports whether the rest could be decoded.
func unmarshalWhatFits(data []byte, into any) bool {
	err := json.Unmarshal(data, into)
	_, otherType := errors.AsType[*json.UnmarshalTypeError](err)
	return err == nil || otherType
}

// noTitle is the value of [Error.Page] for a page without a title.
const noTitle = "(no title)"

var titlePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
})

func pageTitle(page []byte) string {
	match := titlePattern().FindSubmatch(page[:min(len(page), maxAuthBody)])
	if match == nil {
		return noTitle
	}
	return strings.Join(strings.Fields(html.UnescapeString(string(match[1]))), " ")
}

// bounded shortens a server's text to a length that fits into a message. It splits no
// character and replaces invalid UTF-8.
func bounded(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= maxMessage {
		return text
	}
	cut := maxMessage
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// retryAfter reads both forms of the header, seconds and a date. It returns at least 0.
func retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(seconds, 0), 1<<20)) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	// Use the server's own clock, since the local one may be wrong.
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(at.Sub(now), 0)
}
