package world

import "time"

// Session is a log-in by cookie.
type Session struct {
	ID      string
	UserID  string
	Created time.Time
	Flashes []Flash
}

// Flash is a message shown once, on whichever page is opened next.
type Flash struct {
	Severity string // "success", "error", "info", "warning"
	Text     string
}
