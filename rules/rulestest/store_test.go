package rulestest_test

import (
	"testing"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

func TestMemoryStore(t *testing.T) {
	rulestest.TestStore(t, func(*testing.T) rules.Store { return &rulestest.Store{} })
}
