//go:build race

package authorize_test

const raceDetector = true // it multiplies memory and time
