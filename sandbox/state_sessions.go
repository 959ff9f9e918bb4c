package sandbox

import "time"

// session is a log-in by cookie.
type session struct {
	ID      string
	UserID  string
	Created time.Time
	Flashes []flash
}

// flash is a message shown once, on whichever page is opened next.
type flash struct {
	Severity string // "success", "error", "info", "warning"
	Text     string
}
