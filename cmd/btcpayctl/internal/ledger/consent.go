package ledger

// A Consent says who agreed that a key which came is put to use. A record of an
// older version has none, which is nobody.
type Consent string

// What can have been agreed to.
const (
	ConsentNone    Consent = ""        // nobody has agreed
	ConsentSame    Consent = "same"    // in advance, to a key that may do what was asked for
	ConsentBroader Consent = "broader" // in advance, to one that may do that and more
	ConsentGiven   Consent = "given"   // by a person, to this very key
	ConsentRefused Consent = "refused" // a person, or a comparison, said no to this very key
)

// Covers reports whether such a consent is enough for a key.
func (c Consent) Covers(same, broader bool) bool {
	switch c {
	case ConsentGiven:
		return true
	case ConsentBroader:
		return same || broader
	case ConsentSame:
		return same
	case ConsentNone, ConsentRefused:
	}
	return false
}
