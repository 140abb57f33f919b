package journal

import (
	"encoding/json"

	"github.com/alertsmith/alertsmith/rules"
)

// about is how what else is known of a request is stored.
type about struct {
	Client  string `json:"client,omitempty"`
	Host    string `json:"host,omitempty"`
	Version string `json:"version,omitempty"`
	Zone    string `json:"zone,omitempty"`
	Thread  string `json:"thread,omitempty"`
}

func encodeAbout(r rules.Request) string {
	text, err := json.Marshal(about{r.Client, r.Host, r.Version, r.Zone, r.Thread})
	if err != nil {
		panic(err) // texts
	}
	return string(text)
}

func decodeAbout(text []byte, r *rules.Request) error {
	var a about
	err := json.Unmarshal(text, &a)
	r.Client, r.Host, r.Version, r.Zone, r.Thread = a.Client, a.Host, a.Version, a.Zone, a.Thread
	return err
}
