package world

// Picture is an uploaded picture.
type Picture struct {
	Type string
	Data []byte
}

// Seed is what a sandbox that is ready to use started with.
type Seed struct {
	Email     string
	Password  string
	StoreID   string
	StoreName string
	APIKey    string
}
