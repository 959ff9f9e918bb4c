package client

// A RequestError means that a request was not sent, since the server would refuse it or,
// worse, take it for something else.
type RequestError struct {
	// Member is the name on the wire, such as amount, or what a part of the path is,
	// such as store id.
	Member string
	Reason string
	// Err is a sentinel such as [ErrPath], nil for most.
	Err error
}

// Refuse makes a [*RequestError].
func Refuse(member, reason string) *RequestError {
	return &RequestError{Member: member, Reason: reason}
}

func (e *RequestError) Error() string { return e.Member + ": " + e.Reason }

func (e *RequestError) Unwrap() error { return e.Err }
