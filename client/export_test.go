package client

import (
	"errors"
	"net/http"
)

// ParseErrorAnswer reads an answer without a server, for fuzzing.
func ParseErrorAnswer(status int, contentType string, body []byte) *Error {
	answer := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}}
	e, _ := errors.AsType[*Error](answerToError(&exchange{Request: Request{Method: "GET", Path: []string{"things"}}}, answer, body))
	return e
}
