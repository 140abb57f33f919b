package main

import (
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/crypto/ssh"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
)

const (
	// journalKeyName is the key below the storage path that stumps of the journal are signed with where the configuration names none for commits.
	// Whoever keeps its public half elsewhere can tell whether it was replaced.
	journalKeyName = "journal.key"
	// stumpName is a copy of what was signed when the journal was pruned last, for ssh-keygen; its signature has .sig behind its name.
	stumpName = "journal.stump"
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

// signStump returns how a stump is signed. What was signed is left in two files for ssh-keygen.
func signStump(storage string, key *gitsync.Key) func(text []byte) (public, signature string, err error) {
	return func(text []byte) (string, string, error) {
		signature, err := key.Sign(stumpNamespace, text)
		if err != nil {
			return "", "", err
		}
		path := filepath.Join(storage, stumpName)
		return key.Public(), signature, cmp.Or(replaceFile(path, string(text)), replaceFile(path+".sig", signature))
	}
}

// stumpChecker returns how a stump's signature is proved: it is that of the key that signs commits, or of the own one below the storage path.
func stumpChecker(storage string, git gitConfig) journal.Checker {
	return func(text []byte, public, signature string) error {
		var trusted []string
		key, err := gitsync.LoadKey(filepath.Join(storage, journalKeyName), "")
		if err == nil {
			trusted = append(trusted, key.Public())
		}
		if git.SigningKeyFile != "" {
			if key, err = gitsync.LoadKey(git.SigningKeyFile, git.SigningKeyPassphraseFile); err != nil {
				return err
			}
			trusted = append(trusted, key.Public())
		}
		if slices.Contains(trusted, public) {
			return gitsync.VerifySignature(public, stumpNamespace, text, signature)
		}
		return errors.New("the key is neither " + journalKeyName + " below the storage path nor the configuration's git.signing_key_file; --config.file names that")
	}
}
