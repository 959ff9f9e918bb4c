package cross_test

import "example.com/cross"

var _ string = cross.Size()
