package app

// HasAPIKey tells whether a key of the Greenfield API is at hand: the profile's
// where a flag names the profile, else the environment's before the profile's. A
// BitId key in the environment comes before the API key of a profile.
func (a *App) HasAPIKey(s Settings) bool {
	if s.Name.Source == "--profile" {
		return s.Profile.APIKeyID != ""
	}
	secret, source, err := a.environmentKey()
	if err != nil || source != "" {
		// A key that cannot be read is complained of where it is used.
		return err != nil || greenfieldForm().MatchString(secret.Reveal())
	}
	return a.Getenv(privateKeyVariable) == "" && s.Profile.APIKeyID != ""
}
