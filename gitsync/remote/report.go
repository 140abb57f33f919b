package remote

import (
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// readReport reads what the server says became of a push of one ref: nil when it took it, *Rejected when it did not, and
// any other error when that is not known.
func readReport(r io.Reader, ref plumbing.ReferenceName) error {
	s := pktline.NewScanner(r)
	unpack, err := reportLine(s)
	if err != nil {
		return err
	}
	result, ok := strings.CutPrefix(unpack, "unpack ")
	if !ok {
		return fmt.Errorf("%w: its report begins with %q", errNotGit, line(unpack))
	}
	took := false
	for {
		status, err := reportLine(s)
		if err != nil {
			return err
		}
		verdict, rest, _ := strings.Cut(status, " ")
		name, reason, _ := strings.Cut(rest, " ")
		switch {
		case status == "":
			return verdictOf(result, took)
		case name != ref.String() || verdict != "ok" && verdict != "ng":
			return fmt.Errorf("%w: its report has the line %q", errNotGit, line(status))
		case verdict == "ng":
			if result != "ok" {
				reason = result + ": " + reason
			}
			return &Rejected{Reason: line(reason)}
		default:
			took = true
		}
	}
}

func verdictOf(unpack string, took bool) error {
	switch {
	case unpack != "ok":
		return &Rejected{Reason: line(unpack)}
	case !took:
		return fmt.Errorf("%w: its report does not name the branch", errNotGit)
	default:
		return nil
	}
}

// reportLine returns the next line of a report, empty at its end.
func reportLine(s *pktline.Scanner) (string, error) {
	payload, err := scan(s)
	return strings.TrimSuffix(string(payload), "\n"), err
}
