package world

import "time"

// Session is a log-in that a cookie names.
type Session struct {
	ID      string
	UserID  string
	Created time.Time
	Flashes []Flash
}

// Flash is a message that is shown once, on the next page.
type Flash struct {
	Severity string // "success", "error", "info", "warning"
	Text     string
}
