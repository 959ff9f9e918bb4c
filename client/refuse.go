package client

// A RequestError means that a request was not sent, since the server would refuse it or,
// worse, take it for another request.
type RequestError struct {
	// Member is the name of a field in the request, such as amount, or of a part of the
	// path, such as store id.
	Member string
	Reason string
	// Err is a sentinel error such as [ErrPath]; for most errors it is nil.
	Err error
}

// Refuse returns a [*RequestError].
func Refuse(member, reason string) *RequestError {
	return &RequestError{Member: member, Reason: reason}
}

func (e *RequestError) Error() string { return e.Member + ": " + e.Reason }

func (e *RequestError) Unwrap() error { return e.Err }
