package cross

import "example.com/cross/inner"

var _ = inner.Name
