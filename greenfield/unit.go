package greenfield

import "time"

// Durations are sent as whole numbers. The unit depends on the field.
type (
	// Seconds are used for a store's settings.
	Seconds int64
	// Minutes are used for an invoice's checkout.
	Minutes int64
	// Days are used for refunds over Lightning.
	Days int64
)

// Duration converts s to a [time.Duration].
func (s Seconds) Duration() time.Duration { return time.Duration(s) * time.Second }

// Duration converts m to a [time.Duration].
func (m Minutes) Duration() time.Duration { return time.Duration(m) * time.Minute }

// Duration converts d to a [time.Duration].
func (d Days) Duration() time.Duration { return time.Duration(d) * 24 * time.Hour }
