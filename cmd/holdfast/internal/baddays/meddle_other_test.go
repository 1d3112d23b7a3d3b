//go:build !linux || !amd64

package baddays_test

// meddleEnv makes this test binary start its arguments as a process whose calls it meddles with.
const meddleEnv = "HOLDFAST_TEST_MEDDLE"

func meddle(string, []string) int { return 2 }

const canMeddle = false
