package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"

	"github.com/alertsmith/alertsmith/gitsync/journal"
)

// journalKeyName is the key that stumps of the journal are signed with, below the storage path, and its public half. Whoever keeps the public half
// elsewhere can tell whether it was replaced.
const journalKeyName = "journal.key"

// journalKey returns the key that stumps are signed with: an ssh key, which is made where there is none.
func journalKey(storage string) (ssh.Signer, error) {
	path := filepath.Join(storage, journalKeyName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = newJournalKey(path)
	}
	if err != nil {
		return nil, err
	}
	return ssh.ParsePrivateKey(text)
}

func newJournalKey(path string) (text []byte, err error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, "alertsmith journal")
	if err != nil {
		return nil, err
	}
	text = pem.EncodeToMemory(block)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	return text, errors.Join(err, f.Sync(), f.Close())
}

// signStump returns how a stump is signed.
func signStump(key ssh.Signer) func(text []byte) (public, signature string, err error) {
	return func(text []byte) (string, string, error) {
		s, err := key.Sign(rand.Reader, text)
		if err != nil {
			return "", "", err
		}
		public := string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(key.PublicKey())))
		return public, base64.StdEncoding.EncodeToString(ssh.Marshal(s)), nil
	}
}

// stumpChecker returns how a stump's signature is proved: it is that of the key below the storage path.
func stumpChecker(storage string) journal.Checker {
	return func(text []byte, public, signature string) error {
		own, err := os.ReadFile(filepath.Join(storage, journalKeyName))
		if err != nil {
			return fmt.Errorf("the key is missing: %w", err)
		}
		signer, err := ssh.ParsePrivateKey(own)
		if err != nil {
			return err
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(public))
		if err != nil || !bytes.Equal(key.Marshal(), signer.PublicKey().Marshal()) {
			return fmt.Errorf("the key is not the one in %s", journalKeyName)
		}
		blob, err := base64.StdEncoding.DecodeString(signature)
		if err != nil {
			return err
		}
		var s ssh.Signature
		if err := ssh.Unmarshal(blob, &s); err != nil {
			return err
		}
		return key.Verify(text, &s)
	}
}
