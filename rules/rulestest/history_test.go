package rulestest_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// TestRandomHistoryIsTheSameAgain holds that a seed names a history: a test that fails with one fails with it again.
func TestRandomHistoryIsTheSameAgain(t *testing.T) {
	t.Parallel()
	var first bytes.Buffer
	rulestest.RandomHistory(&first, rand.New(rand.NewPCG(7, 1)), 60)
	for range 20 {
		var again bytes.Buffer
		if rulestest.RandomHistory(&again, rand.New(rand.NewPCG(7, 1)), 60); !bytes.Equal(first.Bytes(), again.Bytes()) {
			t.Fatal("the same seed makes another history")
		}
	}
}
