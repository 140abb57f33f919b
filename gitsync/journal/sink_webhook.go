package journal

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// The headers of a webhook, as the specification Standard Webhooks names them. The signature is "v1," and the base64 of HMAC-SHA256 over
// "ID.TIMESTAMP.BODY"; there is one for each key, with spaces between them. Who gets it should refuse a timestamp, in seconds, that is more than
// five minutes off, and pass over an id that came before.
const (
	webhookID        = "webhook-id"
	webhookTimestamp = "webhook-timestamp"
	webhookSignature = "webhook-signature"
)

// keyPrefix is how a key begins that is written in base64; others are taken as they stand.
const keyPrefix = "whsec_"

// shortestKey is the length below which a key could be guessed, in bytes.
const shortestKey = 16

func checkWebhook(c SinkConfig, at func(string, string, ...any)) {
	switch {
	case c.URL == "" && c.URLFile == "":
		at("url", "say where: url, or url_file where the address is a secret itself")
	case c.URL != "" && c.URLFile != "":
		at("url_file", "there is a url as well; leave one")
	case c.URL != "":
		if err := checkAddress(c.URL); err != nil {
			at("url", "%v", err)
		}
	}
	needed(at, "secret_file", c.SecretFile, "a webhook is signed: name a file with the key, like one from `echo whsec_$(openssl rand -base64 32)`")
}

// openWebhook returns a sink that posts a TellingObject, signed.
func openWebhook(c SinkConfig, host SinkHost) (send, error) {
	if _, err := webhookKeys(c.SecretFile); err != nil {
		return nil, err
	}
	if _, err := webhookAddress(c); err != nil {
		return nil, err
	}
	client := newHTTPClient()
	return func(ctx context.Context, all []rules.Telling) error {
		to, err := webhookAddress(c)
		if err != nil {
			return err
		}
		keys, err := webhookKeys(c.SecretFile)
		if err != nil {
			return err
		}
		for _, t := range all {
			request, err := webhookRequest(ctx, to, keys, objectOf(t, host.Pages), time.Now())
			if err != nil {
				return err
			}
			if _, err := exchange(client, request); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// webhookAddress returns where to post.
func webhookAddress(c SinkConfig) (string, error) {
	if c.URLFile == "" {
		return c.URL, nil
	}
	address, err := readSecret(c.URLFile)
	if err != nil {
		return "", err
	}
	if err := checkAddress(address); err != nil {
		return "", fmt.Errorf("%s: %w", c.URLFile, err)
	}
	return address, nil
}

// webhookKeys reads the keys that a webhook is signed with: while one replaces another, both are there.
func webhookKeys(path string) (keys [][]byte, err error) {
	lines, err := readSecrets(path)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		key := []byte(line)
		if encoded, found := strings.CutPrefix(line, keyPrefix); found {
			if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
				return nil, fmt.Errorf("%s: what stands behind %s is no base64", path, keyPrefix)
			}
		}
		if len(key) < shortestKey {
			return nil, fmt.Errorf("%s: a key of fewer than %d bytes could be guessed", path, shortestKey)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func webhookRequest(ctx context.Context, to string, keys [][]byte, o TellingObject, now time.Time) (*http.Request, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, plainly(err)
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	var signatures []string
	for _, key := range keys {
		signatures = append(signatures, sign(key, o.ID, stamp, body))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(webhookID, o.ID)
	request.Header.Set(webhookTimestamp, stamp)
	request.Header.Set(webhookSignature, strings.Join(signatures, " "))
	return request, nil
}

// sign returns one signature of a webhook.
func sign(key []byte, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, stamp)
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
