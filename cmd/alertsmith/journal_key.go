package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

const (
	// journalKeyName is the key below the storage path that stumps of the journal are signed with where the configuration names none for commits.
	// Whoever keeps its public half elsewhere can tell whether it was replaced.
	journalKeyName = "journal.key"
	// notedKeysName has the public keys that have signed stumps, one a line: what an old key signed still counts when another one is configured.
	notedKeysName = "journal.keys"
	// stumpNamespace is what stumps are signed for: no signature of a commit serves for one.
	stumpNamespace = "alertsmith-journal"
)

// journalKey returns the key that stumps are signed with: the one that signs commits, or an own one, which is made where there is none.
func journalKey(storage string, git gitConfig) (*gitsync.Key, error) {
	if git.SigningKeyFile != "" {
		return gitsync.LoadKey(git.SigningKeyFile, git.SigningKeyPassphraseFile)
	}
	path := filepath.Join(storage, journalKeyName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := newJournalKey(path); err != nil {
			return nil, err
		}
	}
	return gitsync.LoadKey(path, "")
}

func newJournalKey(path string) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(private, "alertsmith journal")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(pem.EncodeToMemory(block))
	return errors.Join(err, f.Sync(), f.Close())
}

// notedKeys returns the public keys that have signed stumps, as noteKey wrote them.
func notedKeys(storage string) ([]string, error) {
	content, err := os.ReadFile(filepath.Join(storage, notedKeysName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return strings.FieldsFunc(string(content), func(r rune) bool { return r == '\n' }), nil
}

// noteKey writes down that a key has signed, so that its stump is proved also when another one is configured.
func noteKey(storage, public string) error {
	noted, err := notedKeys(storage)
	if err != nil || slices.Contains(noted, public) {
		return err
	}
	return replaceFile(filepath.Join(storage, notedKeysName), strings.Join(append(noted, public), "\n")+"\n")
}

// trustedKeys returns the public keys whose stumps are this service's: those that have signed one, the own one below the storage path, and the one
// that signs commits.
func trustedKeys(storage string, git gitConfig) ([]string, error) {
	trusted, err := notedKeys(storage)
	if err != nil {
		return nil, err
	}
	own, err := gitsync.LoadKey(filepath.Join(storage, journalKeyName), "")
	switch {
	case err == nil:
		trusted = append(trusted, own.Public())
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if git.SigningKeyFile == "" {
		return trusted, nil
	}
	configured, err := gitsync.LoadKey(git.SigningKeyFile, git.SigningKeyPassphraseFile)
	if err != nil {
		return nil, err
	}
	return append(trusted, configured.Public()), nil
}

// stumpChecker returns how a stump's signature is proved.
func stumpChecker(storage string, git gitConfig) journal.Checker {
	return func(text []byte, public, signature string) error {
		trusted, err := trustedKeys(storage, git)
		if err != nil {
			return &rules.Error{Kind: rules.Unavailable, Text: "the keys that may have signed what was pruned cannot be read", Offset: -1, Cause: err}
		}
		if slices.Contains(trusted, public) {
			return gitsync.VerifySignature(public, stumpNamespace, text, signature)
		}
		return errors.New("the key is none of " + notedKeysName + ", nor " + journalKeyName + " below the storage path, nor the configuration's git.signing_key_file; --config.file names that. " +
			"If you know it for one of yours, add this line to " + notedKeysName + ": " + public)
	}
}
