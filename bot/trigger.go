package bot

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// trigger is a trigger id, a nonce that a Mattermost server signs for one user (5.36.1): the base64 of
// CLIENT_TRIGGER_ID:USER_ID:UNIX_MILLIS:SIGNATURE, where SIGNATURE is the base64 of an ASN.1 ECDSA signature over the
// SHA-256 of all that stands before it, the last colon included.
type trigger struct {
	client, user string
	at           time.Time
	signed       string
	signature    []byte
}

// parseTrigger takes a trigger id apart. It proves nothing.
func parseTrigger(id string) (trigger, error) {
	malformed := errors.New("malformed trigger id")
	if len(id) > 1024 {
		return trigger{}, malformed
	}
	plain, err := base64.StdEncoding.DecodeString(id)
	if err != nil {
		return trigger{}, malformed
	}
	parts := strings.Split(string(plain), ":")
	if len(parts) != 4 || !rules.IsMattermostID(parts[0]) || !rules.IsMattermostID(parts[1]) {
		return trigger{}, malformed
	}
	millis, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return trigger{}, malformed
	}
	signature, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil {
		return trigger{}, malformed
	}
	return trigger{
		client: parts[0], user: parts[1], at: time.UnixMilli(millis),
		signed: strings.Join(parts[:3], ":") + ":", signature: signature,
	}, nil
}

// signedBy reports whether the owner of the key signed the trigger id.
func (t trigger) signedBy(key *ecdsa.PublicKey) bool {
	sum := sha256.Sum256([]byte(t.signed))
	return ecdsa.VerifyASN1(key, sum[:], t.signature)
}
