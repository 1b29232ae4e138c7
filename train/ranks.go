package train

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"tatami/internal/kernels"
)

// Ranks are the processes that train one network together, as one of them sees
// them: what a trainer asks of MPI (package tatami/train/mpi), or of goroutines
// in a test. Every method but Rank and Size is called by all ranks, in the same
// order, and returns when this rank has what it is to get. All run on the same
// instruction set, so values travel as they lie in memory.
type Ranks interface {
	// Rank is this process's number, from 0.
	Rank() int
	// Size is the number of ranks.
	Size() int
	// AllToAll sends bytes [sendAt[r], sendAt[r+1]) of send to each rank r, and
	// fills bytes [recvAt[r], recvAt[r+1]) of recv with what rank r sent here. No
	// rank sends to itself.
	AllToAll(recv []byte, recvAt []int, send []byte, sendAt []int) error
	// AllGather fills bytes [at[r], at[r+1]) of all with own of each rank r, this
	// one included.
	AllGather(all []byte, at []int, own []byte) error
}

// ErrRankLost is in the error of a run that ended because another rank did.
var ErrRankLost = errors.New("a rank is lost")

// Agree returns an error on all ranks if one of them has one: that of the first
// such rank. Where not all ranks fail alike it says which.
func Agree(ranks Ranks, err error) error {
	text := ""
	if err != nil {
		text = "!" + err.Error()
	}
	texts, gatherErr := Texts(ranks, text)
	if gatherErr != nil {
		return errors.Join(err, gatherErr)
	}
	same := true
	first := -1
	for rank, text := range texts {
		same = same && text == texts[0]
		if first < 0 && text != "" {
			first = rank
		}
	}
	switch {
	case first < 0:
		return nil
	case same || first == ranks.Rank():
		return err // with its type
	}
	return fmt.Errorf("rank %d of %d: %s", first, ranks.Size(), texts[first][1:])
}

// Texts gives every rank the text of each.
func Texts(ranks Ranks, text string) ([]string, error) {
	n := ranks.Size()
	at, lengths := make([]int, n+1), make([]byte, 8*n)
	for r := range n {
		at[r+1] = 8 * (r + 1)
	}
	if err := ranks.AllGather(lengths, at, binary.LittleEndian.AppendUint64(nil, uint64(len(text)))); err != nil {
		return nil, err
	}
	for r := range n {
		at[r+1] = at[r] + int(binary.LittleEndian.Uint64(lengths[8*r:]))
	}
	all := make([]byte, at[n])
	if err := ranks.AllGather(all, at, []byte(text)); err != nil {
		return nil, err
	}
	texts := make([]string, n)
	for r := range texts {
		texts[r] = string(all[at[r]:at[r+1]])
	}
	return texts, nil
}

// join prepares for a run with other ranks. It fails on all of them if prepare
// has failed on one, or where they do not begin alike.
func (t *Trainer) join(prepare error) error {
	ranks := t.Ranks
	if ranks == nil {
		return prepare
	}
	if prepare == nil && ranks.Size() > t.Shards {
		prepare = fmt.Errorf("trainer: %d ranks for %d shards, wanted at most one rank a shard", ranks.Size(), t.Shards)
	}
	print := ""
	if prepare == nil {
		print, prepare = t.fingerprint()
	}
	if err := Agree(ranks, prepare); err != nil {
		return err
	}
	texts, err := Texts(ranks, kernels.ISA()+" "+print)
	if err != nil {
		return err
	}
	for rank, text := range texts {
		isa, print, _ := strings.Cut(text, " ")
		isa0, print0, _ := strings.Cut(texts[0], " ")
		switch {
		case isa != isa0:
			return fmt.Errorf("trainer: rank %d runs on instruction set %s, rank 0 on %s; set TATAMI_ISA to one that all have", rank, isa, isa0)
		case print != print0:
			return fmt.Errorf("trainer: rank %d begins with other settings, data or weights than rank 0", rank)
		}
	}
	return nil
}

// fingerprint is a checksum of what ranks must have in common.
func (t *Trainer) fingerprint() (string, error) {
	data, err := t.dataSum()
	if err != nil {
		return "", fmt.Errorf("trainer: the data's checksum: %w", err)
	}
	h := sha256.New()
	fmt.Fprintln(h, t.at.Epoch, t.at.Batch, t.at.Step, t.at.Loss, t.at.Correct, t.at.Best, t.Epochs, t.Steps, t.Patience, t.KeepBest,
		t.Clip, t.Average, t.Seed, t.Shards, t.Loader.BatchSize, t.Loader.Seed, t.Loader.Batches(), data,
		t.Rule.Name(), t.Schedule.Rate(t.at.Step))
	fmt.Fprint(h, t.Net.SHA256())
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
