package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
)

// stumpName is a copy of what was signed when the journal was pruned last, for ssh-keygen; its signature has stumpSignature behind its name.
const (
	stumpName      = "journal.stump"
	stumpSignature = ".sig"
)

// pruneSigned takes the entries out that came in before a time. What was signed for that is left in two files for ssh-keygen.
func pruneSigned(ctx context.Context, j *journal.DB, storage string, key *gitsync.Key, before time.Time) (journal.Pruned, error) {
	var stump, signature string
	pruned, err := j.Prune(ctx, before, func(text []byte) (string, string, error) {
		stump = string(text)
		var err error
		if signature, err = key.Sign(stumpNamespace, text); err != nil {
			return "", "", err
		}
		return key.Public(), signature, noteKey(storage, key.Public()) // before a stump needs it
	})
	if err != nil || stump == "" {
		return pruned, err
	}
	if err := writeStump(storage, stump, signature); err != nil {
		return pruned, fmt.Errorf("%d entries were pruned, and `alertsmith journal verify` proves it; but the copy of the stump for ssh-keygen cannot be written: %w", pruned.Entries, err)
	}
	return pruned, nil
}

func writeStump(storage, stump, signature string) error {
	path := filepath.Join(storage, stumpName)
	return cmp.Or(replaceFile(path, stump), replaceFile(path+stumpSignature, signature))
}

// checkStump compares the copy of a stump with what the journal has. One that is missing is nobody's proof, and no flaw.
func checkStump(storage string, v journal.Verified) (*journal.Flaw, error) {
	if v.Stump == "" {
		return nil, nil //nolint:nilnil // nothing was pruned
	}
	for name, want := range map[string]string{stumpName: v.Stump, stumpName + stumpSignature: v.Signature} {
		got, err := os.ReadFile(filepath.Join(storage, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case string(got) != want:
			return &journal.Flaw{Derived: true, Text: name + " is not what was signed when the journal was pruned. It is a copy, and the journal is sound without it: " +
				"stop the service and run `alertsmith journal reindex`, which writes it anew"}, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}
