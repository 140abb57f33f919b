package gitsync

import (
	"bytes"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"golang.org/x/crypto/ssh"
)

// Signer signs a commit: it takes the commit object without a signature, and returns what its header gpgsig is to say. It is safe for
// concurrent use.
type Signer func(commit []byte) (signature string, err error)

// LoadSigner returns a Signer with an ssh key, whose signatures `git verify-commit` accepts with gpg.format=ssh (Git 2.34) and an allowed
// signers file that names the key. keyFile is a private key as ssh-keygen makes it: Ed25519, ECDSA or RSA. passphraseFile holds its
// passphrase in one line; "" for a key that is not encrypted. Errors are *rules.Error of kind Unavailable, and quote nothing of either file.
func LoadSigner(keyFile, passphraseFile string) (Signer, error) {
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, unavailable(err, "the signing key %s cannot be read", keyFile)
	}
	signer, err := ssh.ParsePrivateKey(key)
	if _, encrypted := errors.AsType[*ssh.PassphraseMissingError](err); encrypted {
		if passphraseFile == "" {
			return nil, unavailable(nil, "the signing key %s is encrypted: name a file with its passphrase as well", keyFile)
		}
		passphrase, readErr := os.ReadFile(passphraseFile)
		if readErr != nil {
			return nil, unavailable(readErr, "the passphrase of the signing key cannot be read from %s", passphraseFile)
		}
		signer, err = ssh.ParsePrivateKeyWithPassphrase(key, bytes.TrimRight(passphrase, "\r\n"))
		if errors.Is(err, x509.IncorrectPasswordError) {
			return nil, unavailable(nil, "the passphrase in %s is not that of the signing key %s", passphraseFile, keyFile)
		}
	}
	if err != nil {
		return nil, unavailable(err, "%s is no private ssh key that can sign commits: make one with `ssh-keygen -t ed25519`", keyFile)
	}
	algorithm := signer.PublicKey().Type()
	switch algorithm {
	case ssh.KeyAlgoRSA:
		algorithm = ssh.KeyAlgoRSASHA512 // ssh-keygen takes no SHA-1
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521:
	default:
		return nil, unavailable(nil, "the signing key %s is of the type %s, which Git does not verify: make one with `ssh-keygen -t ed25519`", keyFile, algorithm)
	}
	able, ok := signer.(ssh.AlgorithmSigner)
	if !ok {
		return nil, unavailable(nil, "the signing key %s cannot be used", keyFile)
	}
	return func(commit []byte) (string, error) { return sshSignature(able, algorithm, commit) }, nil
}

// What OpenSSH's PROTOCOL.sshsig says of a signature's form.
const (
	sshsigMagic     = "SSHSIG"
	sshsigNamespace = "git"
	sshsigHash      = "sha512"
	sshsigLine      = 70 // characters of base64, as ssh-keygen breaks it
)

// sshSignature signs a message as `ssh-keygen -Y sign -n git` does.
func sshSignature(signer ssh.AlgorithmSigner, algorithm string, message []byte) (string, error) {
	sum := sha512.Sum512(message)
	signed := append([]byte(sshsigMagic), ssh.Marshal(struct {
		Namespace, Reserved, Hash string
		Sum                       []byte
	}{sshsigNamespace, "", sshsigHash, sum[:]})...)
	signature, err := signer.SignWithAlgorithm(rand.Reader, signed, algorithm)
	if err != nil {
		return "", fmt.Errorf("signing a commit: %w", err)
	}
	blob := append([]byte(sshsigMagic), ssh.Marshal(struct {
		Version                   uint32
		PublicKey                 []byte
		Namespace, Reserved, Hash string
		Signature                 []byte
	}{1, signer.PublicKey().Marshal(), sshsigNamespace, "", sshsigHash, ssh.Marshal(signature)})...)
	var b strings.Builder
	b.WriteString("-----BEGIN SSH SIGNATURE-----\n")
	text := base64.StdEncoding.EncodeToString(blob)
	for len(text) > 0 {
		n := min(sshsigLine, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	b.WriteString("-----END SSH SIGNATURE-----\n")
	return b.String(), nil
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
