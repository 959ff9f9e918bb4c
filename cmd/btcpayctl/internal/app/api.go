package app

// HasAPIKey reports whether there is a key of the Greenfield API: the profile's if a
// flag names the profile, else the environment's before the profile's. A
// BitId key in the environment comes before the API key of a profile. A key of
// the environment that cannot be used is an error, never a reason to look on.
func (a *App) HasAPIKey(s Settings) (bool, error) {
	if s.Name.Source == "--profile" {
		return s.Profile.APIKeyID != "", nil
	}
	given, err := a.environmentKey()
	if err != nil || given.Source != "" {
		return err == nil && !given.Legacy, err
	}
	file, err := a.Variable(privateKeyVariable)
	return file.Text == "" && s.Profile.APIKeyID != "", err
}
