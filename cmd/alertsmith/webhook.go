package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alertsmith/alertsmith/bot"
)

const (
	// maxWebhook bounds what a Git server may say of a push. GitHub cuts its own at 25 MB.
	maxWebhook = 32 << 20
	// webhookTime is how long it may take to say it.
	webhookTime = 10 * time.Second
)

// webhook takes the push hooks of GitLab, Gitea and GitHub. A hook says nothing that is believed: who knows the secret makes the service
// look at the remote now instead of at the next interval. So its content is checked for its signature and not read.
type webhook struct {
	kick     func()
	refusals *bot.RefusalLog
	secrets  atomic.Pointer[[]string]
}

// load reads the secrets, one a line. On an error the ones of before stay in force.
func (h *webhook) load(files []string) error {
	secrets, err := readTokens(files...)
	if err == nil {
		h.secrets.Store(&secrets)
	}
	return err
}

// ServeHTTP answers 401 without a reason to whoever does not know a secret.
func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secrets := *h.secrets.Load()
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(webhookTime)) // the server's own applies where this is not supported
	body := http.MaxBytesReader(w, r.Body, maxWebhook)
	known, err := proves(r.Header, body, secrets)
	switch {
	case err != nil:
		http.Error(w, http.StatusText(http.StatusRequestEntityTooLarge), http.StatusRequestEntityTooLarge)
	case !known:
		h.refusals.Warn("Webhook refused: it does not prove that it knows a secret of git.webhook_secret_files", "id", "AS3016", "network", bot.NetworkOf(r.RemoteAddr))
		http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
	case isPush(r.Header):
		h.kick()
		plain(w, http.StatusAccepted, "The remote is looked at now.")
	default:
		plain(w, http.StatusOK, "Nothing to do: only pushes matter here.")
	}
}

// proves reports whether the sender knows one of the secrets. GitLab sends the secret itself; Gitea and GitHub an HMAC-SHA256 of the
// body in hexadecimal digits, GitHub with "sha256=" before it. The error is of reading the body.
func proves(header http.Header, body io.Reader, secrets []string) (bool, error) {
	macs := make([]hash.Hash, len(secrets))
	writers := make([]io.Writer, len(secrets))
	for i, secret := range secrets {
		macs[i] = hmac.New(sha256.New, []byte(secret))
		writers[i] = macs[i]
	}
	if _, err := io.Copy(io.MultiWriter(writers...), body); err != nil {
		return false, err
	}
	signature := strings.TrimPrefix(header.Get("X-Hub-Signature-256"), "sha256=")
	if signature == "" {
		signature = header.Get("X-Gitea-Signature")
	}
	signed, err := hex.DecodeString(signature)
	if err != nil {
		signed = nil
	}
	token := sha256.Sum256([]byte(header.Get("X-Gitlab-Token")))
	known := 0
	for i, secret := range secrets {
		expected := sha256.Sum256([]byte(secret)) // of equal length, so that not even that is told by the time it takes
		known |= subtle.ConstantTimeCompare(token[:], expected[:])
		known |= subtle.ConstantTimeCompare(signed, macs[i].Sum(nil))
	}
	return known == 1, nil
}

// isPush reports whether the hook is about a push, by the header of whichever server sent it.
func isPush(header http.Header) bool {
	for _, name := range []string{"X-Github-Event", "X-Gitea-Event", "X-Gitlab-Event"} {
		switch header.Get(name) {
		case "push", "Push Hook", "System Hook":
			return true
		}
	}
	return false
}
