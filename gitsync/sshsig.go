package gitsync

import (
	"bytes"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"golang.org/x/crypto/ssh"
)

// Key is a private ssh key. It is safe for concurrent use.
type Key struct {
	signer    ssh.AlgorithmSigner
	algorithm string
}

// LoadKey reads a private key as ssh-keygen makes it: Ed25519, ECDSA or RSA. passphraseFile holds its passphrase in one line; "" for a key that
// is not encrypted. Errors are *rules.Error of kind Unavailable, and quote nothing of either file.
func LoadKey(keyFile, passphraseFile string) (*Key, error) {
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
	return &Key{able, algorithm}, nil
}

// Public returns the public half as a line of an authorized_keys file, without a comment.
func (k *Key) Public() string {
	return string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(k.signer.PublicKey())))
}

// What OpenSSH's PROTOCOL.sshsig says of a signature's form.
const (
	sshsigMagic = "SSHSIG"
	sshsigHash  = "sha512"
	sshsigType  = "SSH SIGNATURE"
	sshsigLine  = 70 // characters of base64, as ssh-keygen breaks it
)

// sshsigBlob is a signature behind the magic.
type sshsigBlob struct {
	Version                   uint32
	PublicKey                 []byte
	Namespace, Reserved, Hash string
	Signature                 []byte
}

// Sign signs a message as `ssh-keygen -Y sign -n NAMESPACE` does.
func (k *Key) Sign(namespace string, message []byte) (signature string, err error) {
	signed, err := k.signer.SignWithAlgorithm(rand.Reader, sshsigSigned(namespace, message), k.algorithm)
	if err != nil {
		return "", fmt.Errorf("signing for %s: %w", namespace, err)
	}
	blob := append([]byte(sshsigMagic), ssh.Marshal(sshsigBlob{1, k.signer.PublicKey().Marshal(), namespace, "", sshsigHash, ssh.Marshal(signed)})...)
	var b bytes.Buffer
	b.WriteString("-----BEGIN " + sshsigType + "-----\n")
	text := base64.StdEncoding.EncodeToString(blob)
	for len(text) > 0 {
		n := min(sshsigLine, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	b.WriteString("-----END " + sshsigType + "-----\n")
	return b.String(), nil
}

// sshsigSigned returns what is signed for a message.
func sshsigSigned(namespace string, message []byte) []byte {
	sum := sha512.Sum512(message)
	return append([]byte(sshsigMagic), ssh.Marshal(struct {
		Namespace, Reserved, Hash string
		Sum                       []byte
	}{namespace, "", sshsigHash, sum[:]})...)
}

// VerifySignature proves that a signature as Key.Sign makes it is that of a message, for the namespace and by the key whose public half is given as
// Key.Public returns it.
func VerifySignature(public, namespace string, message []byte, signature string) error {
	block, rest := pem.Decode([]byte(signature))
	if block == nil || block.Type != sshsigType || len(bytes.TrimSpace(rest)) > 0 {
		return errors.New("it is no ssh signature")
	}
	content, ok := bytes.CutPrefix(block.Bytes, []byte(sshsigMagic))
	var blob sshsigBlob
	if !ok || ssh.Unmarshal(content, &blob) != nil || blob.Version != 1 || blob.Hash != sshsigHash || blob.Reserved != "" {
		return errors.New("it is no ssh signature of the known form")
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(public))
	if err != nil {
		return err
	}
	if blob.Namespace != namespace || !bytes.Equal(blob.PublicKey, key.Marshal()) {
		return fmt.Errorf("it was made for %q, by another key", blob.Namespace)
	}
	var s ssh.Signature
	if err := ssh.Unmarshal(blob.Signature, &s); err != nil {
		return err
	}
	if s.Format == ssh.KeyAlgoRSA {
		return errors.New("it is made with SHA-1")
	}
	return key.Verify(sshsigSigned(namespace, message), &s)
}
