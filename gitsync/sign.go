package gitsync

import (
	"io"
	"slices"

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
	return func(commit []byte) (string, error) { return key.Sign(signedCommits, commit) }, nil
}

// signedCommits is the namespace of signatures of commits, as Git has it.
const signedCommits = "git"

// sign signs a commit that is not encoded yet.
func (s Signer) sign(commit *object.Commit) error {
	if s == nil {
		return nil
	}
	text, err := unsigned(commit)
	if err != nil {
		return err
	}
	commit.PGPSignature, err = s(text) // the header gpgsig, whatever made it
	return err
}

// SignedBy reports whether a commit carries a signature as LoadSigner's make it by one of the keys, given by their public halves as Key.Public returns
// them.
func SignedBy(commit *object.Commit, keys []string) bool {
	if commit.PGPSignature == "" {
		return false
	}
	text, err := unsigned(commit)
	return err == nil && slices.ContainsFunc(keys, func(key string) bool { return VerifySignature(key, signedCommits, text, commit.PGPSignature) == nil })
}

// unsigned returns what is signed of a commit: all but the signature.
func unsigned(commit *object.Commit) ([]byte, error) {
	var o plumbing.MemoryObject
	if err := commit.EncodeWithoutSignature(&o); err != nil {
		return nil, err
	}
	r, err := o.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
