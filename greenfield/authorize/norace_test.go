//go:build !race

package authorize_test

const raceDetector = false
