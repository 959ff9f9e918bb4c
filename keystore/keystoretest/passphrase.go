package keystoretest

import "github.com/btcpayctl/btcpayctl/keystore/internal/work"

// LightPassphrases makes a passphrase that this process sets from now on cost less than a millisecond, instead of a
// second and 256 MiB. Call it in TestMain; a secret of value must never be under such a passphrase.
func LightPassphrases() { work.Factor = work.Light }
