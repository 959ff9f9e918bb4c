package world

import "time"

// Picture is an uploaded picture.
type Picture struct {
	Type string
	Data []byte

	// The API names a file by its id. One of an older state file has none of these.
	ID      string    `json:",omitempty"`
	UserID  string    `json:",omitempty"`
	Name    string    `json:",omitempty"` // as it was sent
	Created time.Time `json:",omitzero"`
}

// EmailSettings say how the server or a store sends e-mails.
type EmailSettings struct {
	Server, Login, Password, From *string
	Port                          *int64
	DisableCertificateCheck       bool
}

// Seed is what a sandbox that is ready to use started with.
type Seed struct {
	Email     string
	Password  string
	StoreID   string
	StoreName string
	APIKey    string
}
