package sandbox

import "errors"

// controlSeed answers the [Seed], so that a program can act as the account's owner.
func (s *Sandbox) controlSeed(body []byte) (any, error) {
	if err := readControl(body, &struct{}{}); err != nil {
		return nil, err
	}
	if s.seed == (Seed{}) {
		return nil, errors.New("the sandbox started empty, so it has no account, store and key to report")
	}
	return map[string]string{
		"email": s.seed.Email, "password": s.seed.Password,
		"storeId": s.seed.StoreID, "storeName": s.seed.StoreName, "apiKey": s.seed.APIKey,
	}, nil
}
