package remote

import (
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// sideband reads the data channel of a multiplexed answer up to its flush. go-git's Demuxer (v5.19.3) takes a connection
// that was cut for the end; here that is an error.
type sideband struct {
	packets  *pktline.Scanner
	progress io.Writer
	rest     []byte // of the packet that is being read
	err      error  // sticky
}

// Read implements io.Reader.
func (s *sideband) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		payload, err := scan(s.packets)
		if err != nil {
			s.err = err
			continue
		}
		s.accept(payload)
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// accept sorts a packet into its channel.
func (s *sideband) accept(payload []byte) {
	if len(payload) == 0 {
		s.err = io.EOF
		return
	}
	switch payload[0] {
	case 1:
		s.rest = payload[1:]
	case 2:
		_, s.err = s.progress.Write(payload[1:])
	case 3:
		s.err = &pktline.ErrorLine{Text: string(payload[1:])}
	default:
		s.err = fmt.Errorf("%w: channel %d", errNotGit, payload[0])
	}
}
