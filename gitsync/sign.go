package gitsync

import (
	"bytes"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Signer signs a commit: it takes the commit object without a signature, and returns what its header gpgsig is to say. It is safe for
// concurrent use.
type Signer func(commit []byte) (signature string, err error)

// LoadSigner returns a Signer with an ssh key, whose signatures `git verify-commit` accepts with gpg.format=ssh (Git 2.34) and an allowed
// signers file that names the key. It takes the files that LoadKey takes, and fails as that does.
func LoadSigner(keyFile, passphraseFile string) (Signer, error) {
	key, err := LoadKey(keyFile, passphraseFile)
	if err != nil {
		return nil, err
	}
	return func(commit []byte) (string, error) { return key.Sign("git", commit) }, nil
}

// sign signs a commit that is not encoded yet.
func (s Signer) sign(commit *object.Commit) error {
	if s == nil {
		return nil
	}
	var o plumbing.MemoryObject
	if err := commit.EncodeWithoutSignature(&o); err != nil {
		return err
	}
	r, err := o.Reader()
	if err != nil {
		return err
	}
	defer r.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(r); err != nil {
		return err
	}
	commit.PGPSignature, err = s(text.Bytes()) // the header gpgsig, whatever made it
	return err
}
