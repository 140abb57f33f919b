package journal

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// jsonFields returns the names that a struct has in JSON, those of what it embeds too.
func jsonFields(of reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(of) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// TestThePageListsAllFields holds that who reads lines or webhooks finds each field in the page about them, and no other.
func TestThePageListsAllFields(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../deploy/SINKS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n| field | |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []string
	for row := range strings.Lines(table) {
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(strings.Split(row, "|")[1], -1) {
			listed = append(listed, name[1])
		}
	}
	sent := slices.DeleteFunc(jsonFields(reflect.TypeFor[TellingObject]()), func(name string) bool { return name == "remote" }) // stays in the journal
	slices.Sort(listed)
	slices.Sort(sent)
	if diff := cmp.Diff(sent, listed); diff != "" {
		t.Errorf("deploy/SINKS.md (-sent +listed):\n%s", diff)
	}
}
