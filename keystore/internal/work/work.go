// Package work says what a passphrase costs.
package work

// Factor is the cost of a passphrase that is set, as a power of two: 18 takes about a second and 256 MiB. Tests lower it.
// A program that tests start has [Light] instead, where it is built with the tag lightpassphrase.
var Factor = standard

const (
	// Standard is what the released program uses.
	Standard = 18
	// Light takes less than a millisecond.
	Light = 2
	// Limit is the most that a file may ask for.
	Limit = 20
)
