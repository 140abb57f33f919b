package ruler_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

// ruleStore is Loki's rule API as far as Publish asks it. It refuses every namespace whose name begins with "bad", and breaks on those
// that begin with "broken"; a real Loki can be made to do neither by name.
type ruleStore struct {
	mu     sync.Mutex
	stored map[string][]any
	asked  []string // what was to be changed: "POST bad.yaml"
}

func (s *ruleStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	namespace := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/loki/api/v1/rules"), "/")
	if r.Method != http.MethodGet {
		s.asked = append(s.asked, r.Method+" "+namespace)
	}
	switch {
	case r.Method == http.MethodGet:
		_ = yaml.NewEncoder(w).Encode(s.stored)
	case strings.HasPrefix(namespace, "bad"):
		http.Error(w, namespace+" has a fault.", http.StatusBadRequest)
	case strings.HasPrefix(namespace, "broken"):
		http.Error(w, "out of order", http.StatusInternalServerError)
	case r.Method == http.MethodDelete:
		delete(s.stored, namespace)
		w.WriteHeader(http.StatusAccepted)
	default:
		body, _ := io.ReadAll(r.Body)
		var group any
		_ = yaml.Unmarshal(body, &group)
		s.stored[namespace] = append(s.stored[namespace], group)
		w.WriteHeader(http.StatusAccepted)
	}
}

// TestLokiAPIGoesOnBehindARefusal holds that one bad file takes no other with it, wherever it stands in the alphabet.
func TestLokiAPIGoesOnBehindARefusal(t *testing.T) {
	t.Parallel()
	store := &ruleStore{stored: map[string][]any{"theirs.yaml": {map[string]any{"name": "by hand"}}}}
	r := storeRuler(t, store)
	if _, err := r.Publish(t.Context(), storeFiles("gone.yaml")); err != nil {
		t.Fatal(err)
	}
	files := storeFiles("a.yaml", "bad.yaml", "bad2.yaml", "bad3.yaml", "bad4.yaml", "good.yaml", "theirs.yaml")
	files = append(files, rules.RuleFile{Path: "bad0.yaml", Content: []byte("groups: 7")})
	published, err := r.Publish(t.Context(), files)

	if diff := cmp.Diff(rules.Published{Changed: []string{"a.yaml", "gone.yaml", "good.yaml"}, Foreign: []string{"theirs.yaml"}}, published); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	var refused *rules.Error
	if refused, _ = err.(*rules.Error); refused == nil || refused.Kind != rules.Refused { //nolint:errorlint // the error itself is the contract
		t.Fatalf("%v, want kind refused", err)
	}
	assertSayable(t, err)
	var paths []string
	for _, p := range refused.Problems {
		paths = append(paths, p.Path)
	}
	if diff := cmp.Diff([]string{"book/loki/bad.yaml", "book/loki/bad0.yaml", "book/loki/bad2.yaml", "book/loki/bad3.yaml", "book/loki/bad4.yaml"}, paths); diff != "" {
		t.Errorf("problems' paths (-want +got):\n%s", diff)
	}
	if got := refused.Problems[0].Text; got != "bad.yaml has a fault" {
		t.Errorf("Loki's reason came as %q", got)
	}
	for _, part := range []string{"book/loki/bad.yaml: bad.yaml has a fault;", "and 2 more.", "another namespace named theirs.yaml"} {
		if !strings.Contains(refused.Text, part) {
			t.Errorf("%q does not say %q", refused.Text, part)
		}
	}

	// What was not taken is tried again, and nothing else is.
	store.asked = nil
	if published, err = r.Publish(t.Context(), files[:3]); rules.KindOf(err) != rules.Refused || len(published.Changed) != 1 {
		t.Errorf("again: %+v, %v", published, err)
	}
	if diff := cmp.Diff([]string{"POST bad.yaml", "POST bad2.yaml", "DELETE good.yaml"}, store.asked); diff != "" {
		t.Errorf("asked again (-want +got):\n%s", diff)
	}
}

// TestLokiAPIStopsAtAFault holds that a Loki that is out of order is not asked file by file.
func TestLokiAPIStopsAtAFault(t *testing.T) {
	t.Parallel()
	store := &ruleStore{stored: map[string][]any{}}
	published, err := storeRuler(t, store).Publish(t.Context(), storeFiles("a.yaml", "bad.yaml", "broken.yaml", "good.yaml"))
	if rules.KindOf(err) != rules.Unreachable || !slices.Equal(published.Changed, []string{"a.yaml"}) {
		t.Errorf("%+v, %v; want kind unreachable", published, err)
	}
	if diff := cmp.Diff([]string{"POST a.yaml", "POST bad.yaml", "POST broken.yaml"}, store.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func storeRuler(t *testing.T, store *ruleStore) rules.Ruler {
	t.Helper()
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	return open(t, ruler.Config{
		Kind: "loki", Name: "ruler-1", URL: server.URL, RulebookDir: "book/loki", StateDir: t.TempDir(), Timeout: 10 * time.Second,
		Logger: slog.New(slog.DiscardHandler),
	})
}

func storeFiles(paths ...string) []rules.RuleFile {
	var files []rules.RuleFile
	for _, path := range paths {
		files = append(files, rules.RuleFile{Path: path, Content: []byte("groups: [{name: g, rules: []}]")})
	}
	return files
}
