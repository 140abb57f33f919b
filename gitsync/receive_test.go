package gitsync

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// entry is an object as a pack has it: a header that may lie, what stands before the content, and the content.
type entry struct {
	kind    plumbing.ObjectType
	size    int64
	base    []byte
	content []byte
}

func whole(o plumbing.EncodedObject) entry {
	var content bytes.Buffer
	if err := copyObject(nopCloser{&content}, o); err != nil {
		panic(err)
	}
	return entry{kind: o.Type(), size: o.Size(), content: content.Bytes()}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// packOf writes a pack that says that it has count objects.
func packOf(count int, entries ...entry) []byte {
	var b bytes.Buffer
	b.WriteString("PACK")
	_ = binary.Write(&b, binary.BigEndian, [2]uint32{2, uint32(count)})
	for _, e := range entries {
		b.Write(entryHeader(e.kind, e.size))
		b.Write(e.base)
		w := zlib.NewWriter(&b)
		_, _ = w.Write(e.content)
		_ = w.Close()
	}
	seal := sha1.Sum(b.Bytes())
	return append(b.Bytes(), seal[:]...)
}

// TestHostileServer has a server send what no honest one would. Nothing of it may stay, and nobody may be stopped by it.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	b := &builder{}
	make1 := func(encode func(plumbing.EncodedObject) error) (plumbing.Hash, plumbing.EncodedObject) {
		t.Helper()
		hash, err := b.add(encode)
		if err != nil {
			t.Fatal(err)
		}
		return hash, b.made[len(b.made)-1]
	}
	text := func(s string) (plumbing.Hash, plumbing.EncodedObject) {
		return b.blob([]byte(s)), b.made[len(b.made)-1]
	}
	dir := func(mode filemode.FileMode, of plumbing.Hash) (plumbing.Hash, plumbing.EncodedObject) {
		t.Helper()
		return make1((&object.Tree{Entries: []object.TreeEntry{{Name: "x", Mode: mode, Hash: of}}}).Encode)
	}
	commit := func(root plumbing.Hash, parents ...plumbing.Hash) (plumbing.Hash, plumbing.EncodedObject) {
		t.Helper()
		who := signature(aiko, noon)
		return make1((&object.Commit{Author: who, Committer: who, Message: "x", TreeHash: root, ParentHashes: parents}).Encode)
	}
	blobHash, blob := text("evil")
	absent, _ := text("absent")
	rootHash, root := dir(filemode.Regular, blobHash)
	goodHash, good := commit(rootHash)
	honest := packOf(3, whole(good), whole(root), whole(blob))

	holeHash, hole := dir(filemode.Regular, absent)
	noBlob, noBlobCommit := commit(holeHash)
	noTree, noTreeCommit := commit(absent)
	noParent, noParentCommit := commit(rootHash, absent)
	fileIsTree, fileIsTreeTree := dir(filemode.Regular, rootHash)
	confused, confusedCommit := commit(fileIsTree)
	dirIsFile, dirIsFileTree := dir(filemode.Dir, blobHash)
	confused2, confused2Commit := commit(dirIsFile)
	deep, deepEntries := rootHash, []entry{whole(root), whole(blob)}
	for range maxTreeDepth + 10 {
		var o plumbing.EncodedObject
		deep, o = dir(filemode.Dir, deep)
		deepEntries = append(deepEntries, whole(o))
	}
	deepHash, deepCommit := commit(deep)
	deepEntries = append(deepEntries, whole(deepCommit))

	manyHash, many := make1(func(o plumbing.EncodedObject) error { // more entries than are read
		o.SetType(plumbing.TreeObject)
		w, err := o.Writer()
		if err == nil {
			_, err = w.Write(bytes.Repeat(append([]byte("100644 x\x00"), blobHash[:]...), maxTreeObject/20))
		}
		return err
	})
	manyTip, manyCommit := commit(manyHash)
	who := signature(aiko, noon)
	wordyTip, wordy := make1((&object.Commit{Author: who, Committer: who, Message: strings.Repeat("words ", maxMessage/6+1), TreeHash: rootHash}).Encode)

	huge := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(blob.Size())), maxObject+1)
	flipped := bytes.Clone(honest)
	flipped[len(flipped)-30] ^= 1

	tooLargeIs := map[string]string{
		"billions of objects": "more than 10 million files at once", "a huge object": "a file of more than 100 MB", "a delta that makes a huge object": "a file of more than 100 MB",
		"a directory of too many entries": "has a directory with more entries than 16 MB hold", "a message that is too long": "has a commit with a message of more than 4 MB",
	}
	tests := []struct {
		name string
		tip  plumbing.Hash
		pack []byte
	}{
		{"not a pack", goodHash, []byte("<html>")},
		{"nothing", goodHash, nil},
		{"no objects", goodHash, packOf(0)},
		{"cut off", goodHash, honest[:len(honest)-25]},
		{"damaged", goodHash, flipped},
		{"more than it says", goodHash, append(bytes.Clone(honest), "more"...)},
		{"fewer objects than it says", goodHash, packOf(4, whole(good), whole(root), whole(blob))},
		{"an object twice", goodHash, packOf(4, whole(good), whole(root), whole(blob), whole(blob))},
		{"billions of objects", goodHash, packOf(1<<31, whole(good))},
		{"another commit", goodHash, packOf(2, whole(root), whole(blob))},
		{"an object larger than it says", goodHash, packOf(1, entry{kind: plumbing.BlobObject, size: 1, content: []byte("much more")})},
		{"a huge object", goodHash, packOf(1, entry{kind: plumbing.BlobObject, size: maxObject + 1, content: make([]byte, maxObject+1)})},
		{"a delta that makes a huge object", goodHash, packOf(2, whole(blob), entry{kind: plumbing.REFDeltaObject, size: int64(len(huge)), base: blobHash[:], content: huge})},
		{"a directory of too many entries", manyTip, packOf(3, whole(manyCommit), whole(many), whole(blob))},
		{"a message that is too long", wordyTip, packOf(3, whole(wordy), whole(root), whole(blob))},
		{"a delta of what is not there", goodHash, packOf(1, entry{kind: plumbing.REFDeltaObject, size: 2, base: absent[:], content: []byte{1, 1}})},
		{"a file is missing", noBlob, packOf(2, whole(noBlobCommit), whole(hole))},
		{"a directory is missing", noTree, packOf(1, whole(noTreeCommit))},
		{"a parent is missing", noParent, packOf(3, whole(noParentCommit), whole(root), whole(blob))},
		{"a file that is a directory", confused, packOf(4, whole(confusedCommit), whole(fileIsTreeTree), whole(root), whole(blob))},
		{"a directory that is a file", confused2, packOf(3, whole(confused2Commit), whole(dirIsFileTree), whole(blob))},
		{"a bottomless directory", deepHash, packOf(len(deepEntries), deepEntries...)},
		{"a file as the branch's commit", blobHash, honest},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			host := gitHost(t)
			p := patch(at(t, host))
			r := openBook(t, Options{Remote: p})
			before := update(t, r, map[string][]byte{"log": {}})
			p.set(func(p *patchy) {
				p.tip = func(plumbing.Hash) plumbing.Hash { return test.tip }
				p.fetch = func(pack func(io.Reader) error) error { return pack(bytes.NewReader(test.pack)) }
			})
			err := r.round(t.Context())
			if e, ok := errors.AsType[*rules.Error](err); !ok || e.Kind != rules.Unavailable || !strings.Contains(e.Text, "nothing of it is used") {
				t.Errorf("a round = %v, want Unavailable", err)
			} else if what := tooLargeIs[test.name]; errors.Is(err, ErrTooLarge) != (what != "") || !strings.Contains(e.Text, what) {
				t.Errorf("the person reads %q of %v, want %s", e.Text, e.Cause, what)
			}
			if now, err := r.Head(t.Context()); err != nil || now.Revision() != before.Revision() {
				t.Errorf("the head is %v, %v", now, err)
			}
			if refs := runGit(t, r.dir, "for-each-ref", "refs/remotes"); refs != "" {
				t.Errorf("there is %s", refs)
			}
			if left, _ := filepath.Glob(filepath.Join(r.dir, "objects/pack/*tmp_*")); left != nil {
				t.Errorf("left: %q", left)
			}
			update(t, r, map[string][]byte{"log": []byte("goes on")})
			p.set(func(p *patchy) { p.tip, p.fetch = nil, nil })
			if err := r.round(t.Context()); err != nil {
				t.Errorf("a round with an honest server: %v", err)
			}
		})
	}
	t.Run("a full disk here", func(t *testing.T) {
		t.Parallel()
		p := patch(at(t, gitHost(t)))
		disk := &faulty{err: syscall.ENOSPC}
		r := openBook(t, Options{Remote: p, wrap: func(fs billy.Filesystem) billy.Filesystem { disk.Filesystem = fs; return disk }})
		p.set(func(p *patchy) {
			p.tip = func(plumbing.Hash) plumbing.Hash { return goodHash }
			p.fetch = func(pack func(io.Reader) error) error { return pack(bytes.NewReader(honest)) }
		})
		disk.full.Store(true)
		err := r.round(t.Context())
		if e, ok := errors.AsType[*rules.Error](err); !ok || !strings.Contains(e.Text, "cannot be written here: the disk is full") {
			t.Errorf("a round = %v, want that the disk is full", err)
		}
	})
	t.Run("an honest pack", func(t *testing.T) {
		t.Parallel()
		p := patch(at(t, gitHost(t)))
		p.tip = func(plumbing.Hash) plumbing.Hash { return goodHash }
		p.fetch = func(pack func(io.Reader) error) error { return pack(bytes.NewReader(honest)) }
		r := openBook(t, Options{Remote: p})
		head, err := r.Head(t.Context())
		if err != nil || head.Revision() != goodHash.String() || fmt.Sprint(content(t, head, "")) != "map[x:evil]" {
			t.Errorf("the head is %v, %v", head, err)
		}
		if got := runGit(t, r.dir, "count-objects", "-v"); !strings.Contains(got, "in-pack: 3") {
			t.Errorf("the repository has %s", got)
		}
	})
}
