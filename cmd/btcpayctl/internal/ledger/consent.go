package ledger

// A Consent says who agreed that a key is put to use. A record of an older version has
// none: then no one has agreed.
type Consent string

// The values of a Consent.
const (
	ConsentNone    Consent = ""        // no one has agreed
	ConsentSame    Consent = "same"    // in advance, to a key with the requested permissions
	ConsentBroader Consent = "broader" // in advance, to a key with those permissions and more
	ConsentGiven   Consent = "given"   // by the user, to this key
	ConsentRefused Consent = "refused" // the user, or a comparison, refused this key
)

// Covers reports whether the consent is enough for a key. same is set if its permissions
// are those requested, broader if it has more.
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
