package gitsync

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// sshKey has ssh-keygen make a key and returns its file and the text of the public key.
func sshKey(t testing.TB, passphrase string, args ...string) (file, public string) {
	t.Helper()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skipf("SIGNING IS NOT TESTED: %v (Debian: openssh-client)", err)
	}
	file = filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command("ssh-keygen", append([]string{"-q", "-N", passphrase, "-C", "test", "-f", file}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	line, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return file, string(line)
}

// TestSignatures has the real git and ssh-keygen verify commits that were signed with keys of every kind.
func TestSignatures(t *testing.T) {
	t.Parallel()
	for name, key := range map[string][]string{
		"ed25519":    {"-t", "ed25519"},
		"ecdsa 256":  {"-t", "ecdsa", "-b", "256"},
		"ecdsa 521":  {"-t", "ecdsa", "-b", "521"},
		"rsa":        {"-t", "rsa", "-b", "3072"},
		"rsa in PEM": {"-t", "rsa", "-b", "2048", "-m", "PEM"},
		"encrypted":  {"-t", "ed25519"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			passphrase, passphraseFile := "", ""
			if name == "encrypted" {
				passphrase, passphraseFile = "correct horse", filepath.Join(t.TempDir(), "passphrase")
				write(t, filepath.Dir(passphraseFile), "passphrase", []byte(passphrase+"\n"))
			}
			file, public := sshKey(t, passphrase, key...)
			signer, err := LoadSigner(file, passphraseFile)
			if err != nil {
				t.Fatal(err)
			}
			r := openBook(t, Options{Signer: signer})
			write(t, r.dir, "allowed", []byte("alertsmith@example.org namespaces=\"git\" "+public))
			verify := func(commit string) (string, error) {
				return tryGit(r.dir, "-c", "gpg.format=ssh", "-c", "gpg.ssh.allowedSignersFile="+filepath.Join(r.dir, "allowed"), "verify-commit", commit)
			}
			update(t, r, map[string][]byte{"x": []byte("1")})
			tree := update(t, r, map[string][]byte{"x": []byte("2")}, rules.Trailer{Key: "Request-Id", Value: "r2"})
			for _, commit := range []string{"main~", "main"} {
				if out, err := verify(commit); err != nil || !strings.Contains(out, `Good "git" signature for alertsmith@example.org`) {
					t.Errorf("git verify-commit %s: %v\n%s", commit, err, out)
				}
			}
			if found, err := r.FindRequest(t.Context(), "r2"); err != nil || len(found) != 1 || found[0].Revision != tree.Revision() {
				t.Errorf("the signed commit is not found by its request: %v, %v", found, err)
			}

			forged := strings.Replace(runGit(t, r.dir, "cat-file", "commit", "main"), "Request-Id: r2", "Request-Id: r3", 1)
			write(t, r.dir, "forged", []byte(forged))
			hash := strings.TrimSpace(runGit(t, r.dir, "hash-object", "-t", "commit", "-w", "forged"))
			if out, err := verify(hash); err == nil {
				t.Errorf("git verify-commit takes a forged commit:\n%s", out)
			}
		})
	}
}

func TestLoadSignerRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	encrypted, _ := sshKey(t, "correct horse", "-t", "ed25519")
	const canary = "canary-0451"
	write(t, dir, "wrong", []byte(canary))
	write(t, dir, "nokey", []byte(canary))
	for name, test := range map[string]struct{ key, passphrase, text string }{
		"no file":            {filepath.Join(dir, "none"), "", "cannot be read"},
		"no key":             {filepath.Join(dir, "nokey"), "", "is no private ssh key"},
		"a public key":       {encrypted + ".pub", "", "is no private ssh key"},
		"no passphrase":      {encrypted, "", "is encrypted"},
		"no passphrase file": {encrypted, filepath.Join(dir, "none"), "cannot be read"},
		"another passphrase": {encrypted, filepath.Join(dir, "wrong"), "is not that of the signing key"},
	} {
		signer, err := LoadSigner(test.key, test.passphrase)
		if signer != nil || err == nil || rules.KindOf(err) != rules.Unavailable || !strings.Contains(err.Error(), test.text) || strings.Contains(fmt.Sprintf("%+v", err), canary) {
			t.Errorf("%s: %v; want Unavailable: %s", name, err, test.text)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	for _, kind := range [][]string{{"ed25519"}, {"ecdsa", "-b", "256"}, {"rsa", "-b", "3072"}} {
		b.Run(kind[0], func(b *testing.B) {
			file, _ := sshKey(b, "", append([]string{"-t"}, kind...)...)
			signer, err := LoadSigner(file, "")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := signer(make([]byte, 600)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
