package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// room is where goroutines meet that stand for ranks.
type room struct {
	mutex   sync.Mutex
	changed sync.Cond
	here    int
	meeting int
	gone    bool // a rank has left
	posts   []post
}

type post struct {
	data []byte
	at   []int
}

// roomRank is one of them.
type roomRank struct {
	*room
	rank int
}

func (r roomRank) Rank() int { return r.rank }
func (r roomRank) Size() int { return len(r.posts) }

// meet waits for all others.
func (r *room) meet() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	meeting := r.meeting
	if r.here++; r.here == len(r.posts) {
		r.here, r.meeting = 0, meeting+1
		r.changed.Broadcast()
	}
	for r.meeting == meeting {
		if r.gone {
			return train.ErrRankLost
		}
		r.changed.Wait()
	}
	return nil
}

func (r *room) leave() {
	r.mutex.Lock()
	r.gone = true
	r.changed.Broadcast()
	r.mutex.Unlock()
}

// exchange posts data and takes from each rank's what take says.
func (r roomRank) exchange(p post, take func(rank int, from post)) error {
	r.posts[r.rank] = p
	if err := r.meet(); err != nil {
		return err
	}
	for rank, p := range r.posts {
		take(rank, p)
	}
	return r.meet()
}

func (r roomRank) AllToAll(recv []byte, recvAt []int, send []byte, sendAt []int) error {
	return r.exchange(post{send, sendAt}, func(rank int, from post) {
		to := recv[recvAt[rank]:recvAt[rank+1]]
		if n := copy(to, from.data[from.at[r.rank]:from.at[r.rank+1]]); n != len(to) || n != from.at[r.rank+1]-from.at[r.rank] {
			panic("ranks do not agree on the length of what they exchange")
		}
	})
}

func (r roomRank) AllGather(all []byte, at []int, own []byte) error {
	return r.exchange(post{data: own}, func(rank int, from post) {
		to := all[at[rank]:at[rank+1]]
		if n := copy(to, from.data); n != len(to) || n != len(from.data) {
			panic("ranks do not agree on the length of what they gather")
		}
	})
}

// together fits n trainers, one a rank.
func together(n int, newTrainer func(rank int) *train.Trainer, ctx func(rank int) context.Context) (trainers []*train.Trainer, errs []error) {
	r := &room{posts: make([]post, n)}
	r.changed.L = &r.mutex
	trainers, errs = make([]*train.Trainer, n), make([]error, n)
	var all sync.WaitGroup
	for rank := range n {
		trainers[rank] = newTrainer(rank)
		trainers[rank].Ranks = roomRank{r, rank}
		all.Go(func() {
			defer r.leave()
			_, errs[rank] = trainers[rank].Fit(ctx(rank))
			if errs[rank] == nil { // not before all others
				errs[rank] = r.meet()
			}
		})
	}
	all.Wait()
	return trainers, errs
}

func background(int) context.Context { return context.Background() }

// Any number of ranks gives the weights, the history and the evaluations of one
// process, to the last bit: with batch normalization, dropout, products of large
// weights, averages, clipping, last short batches and all optimizers' moments.
func TestRanksSameBits(t *testing.T) {
	big := func() *train.Trainer {
		data := bars(45, 1)
		net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(7, 7)),
			layers.Affine{Units: 500}, layers.BatchNormalization{}, layers.ReLU{}, layers.Affine{Units: 70}, layers.Affine{Units: 3})
		if err != nil {
			t.Fatal(err)
		}
		return &train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data, BatchSize: 20, Seed: 3},
			Rule: optim.Momentum{Momentum: 0.9}, Schedule: optim.Constant{Base: 0.01}, Epochs: 2, Shards: 5, Test: bars(150, 2),
		}
	}
	cases := map[string]func() *train.Trainer{
		"all layers": func() *train.Trainer { return newTrainer(t, 2) },
		"averaged": func() *train.Trainer {
			tr := newTrainer(t, 2)
			tr.Average = 0.9
			return tr
		},
		"clipped": func() *train.Trainer {
			tr := newTrainer(t, 2)
			tr.Clip = 0.5
			return tr
		},
		"products": big,
	}
	for name, task := range tasks() {
		cases[name] = func() *train.Trainer {
			tr := task.trainer(t)
			tr.Epochs = 1
			return tr
		}
	}
	for name, make := range cases {
		alone := make()
		want := fit(t, alone)
		for n := 1; n <= 4; n++ {
			trainers, errs := together(n, func(int) *train.Trainer { return make() }, background)
			for rank, tr := range trainers {
				if errs[rank] != nil {
					t.Fatalf("%s, rank %d of %d: %v", name, rank, n, errs[rank])
				}
				sameBits(t, fmt.Sprintf("%s, rank %d of %d", name, rank, n), weights(tr.Net), weights(alone.Net))
				if got := timeless(tr.History()); !reflect.DeepEqual(got, timeless(want)) {
					t.Errorf("%s, rank %d of %d: history %v, want %v", name, rank, n, got, timeless(want))
				}
			}
		}
	}
}

// A run that is interrupted on any rank ends on all after the same step, rank 0
// alone writes, and it goes on under any number of ranks as if nothing had
// happened.
func TestRanksResume(t *testing.T) {
	make := func() *train.Trainer {
		tr := newTrainer(t, 2)
		tr.Average, tr.Clip = 0.9, 1
		return tr
	}
	whole := make()
	fit(t, whole)
	path := filepath.Join(t.TempDir(), "checkpoint")
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	trainers, errs := together(2, func(rank int) *train.Trainer {
		tr := make()
		tr.Checkpoint = path
		if rank > 0 {
			tr.Checkpoint += ".not"
		}
		tr.Observers = []train.Observer{&train.SaveEvery{Interval: train.Interval{Steps: 5}}, train.ObserverFunc(func(e train.Event) error {
			if seen++; e.Step == 16 { // of 12 an epoch
				cancel()
			}
			return nil
		})}
		return tr
	}, func(rank int) context.Context {
		if rank == 1 {
			return ctx
		}
		return t.Context()
	})
	made := len(trainers[0].History().Steps) // 17 where rank 1 had already agreed to that one
	for rank, tr := range trainers {
		if n := len(tr.History().Steps); !errors.Is(errs[rank], context.Canceled) || n != made || n < 16 || n > 17 {
			t.Fatalf("rank %d ended after step %d: %v", rank, n, errs[rank])
		}
	}
	if _, err := os.Stat(path + ".not"); err == nil || seen != made+3 {
		t.Errorf("rank 1 wrote (%v), or its observers were called: %d events", err, seen)
	}
	for n := range 5 {
		resumed := func(int) *train.Trainer {
			tr := make()
			if err := tr.Resume(path); err != nil {
				t.Fatal(err)
			}
			return tr
		}
		if n == 0 {
			tr := resumed(0)
			fit(t, tr)
			sameBits(t, "alone", weights(tr.Net), weights(whole.Net))
			continue
		}
		trainers, errs := together(n, resumed, background)
		for rank, tr := range trainers {
			if errs[rank] != nil {
				t.Fatal(errs[rank])
			}
			sameBits(t, fmt.Sprintf("rank %d of %d", rank, n), weights(tr.Net), weights(whole.Net))
		}
	}
}

// torn is a source that fails after so many samples.
type torn struct {
	datasets.Source
	mutex sync.Mutex
	left  int
}

func (d *torn) Checksum() string { sum, _ := datasets.Checksum(d.Source); return sum }

func (d *torn) Fill(x *nn.Tensor, t nn.Targets, index []int) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.left -= len(index); d.left < 0 {
		return errors.New("torn")
	}
	return d.Source.Fill(x, t, index)
}

// What ends a run on one rank ends it on all, with the reason on rank 0.
func TestRanksEnd(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name   string
		change func(rank int, tr *train.Trainer)
		want   []string // of ranks 0 and 1; empty: none
		steps  int
	}{
		{"stopped", func(_ int, tr *train.Trainer) {
			tr.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
				if e.Step == 3 {
					return train.Stop
				}
				return nil
			})}
		}, []string{"", ""}, 3},
		{"an observer fails", func(_ int, tr *train.Trainer) {
			tr.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
				if e.Step == 3 {
					return boom
				}
				return nil
			})}
		}, []string{"boom", "rank 0 has failed"}, 3},
		{"no finite loss", func(_ int, tr *train.Trainer) {
			tr.Schedule = optim.Constant{Base: 1e38}
		}, []string{"not finite, first in layer", "not finite, first in layer"}, -1},
		{"the checkpoint cannot be written", func(_ int, tr *train.Trainer) {
			tr.Checkpoint = filepath.Join(t.TempDir(), "none", "checkpoint")
		}, []string{"cannot write", "rank 0 has failed"}, 12},
		{"too many ranks", func(_ int, tr *train.Trainer) { tr.Shards = 1 }, []string{"2 ranks for 1 shards", "2 ranks for 1 shards"}, 0},
		{"other data", func(rank int, tr *train.Trainer) {
			if rank == 1 {
				tr.Loader.Data = bars(230, 9)
			}
		}, []string{"rank 1 begins with other", "rank 1 begins with other"}, 0},
		{"one cannot begin", func(rank int, tr *train.Trainer) {
			if rank == 1 {
				tr.Clip = math.Inf(1)
			}
		}, []string{"rank 1 of 2: trainer: Clip", "trainer: Clip"}, 0},
		{"one cannot read a batch", func(rank int, tr *train.Trainer) {
			if rank == 1 {
				tr.Loader.Data = &torn{Source: tr.Loader.Data, left: 150}
			}
		}, []string{"rank 1 of 2: torn", "torn"}, -1},
		{"one cannot read the test set", func(rank int, tr *train.Trainer) {
			if rank == 1 {
				tr.Test = &torn{Source: tr.Test}
			}
		}, []string{"rank 1 of 2: torn", "torn"}, 12},
	} {
		trainers, errs := together(2, func(rank int) *train.Trainer {
			tr := newTrainer(t, 2)
			c.change(rank, tr)
			return tr
		}, background)
		for rank, err := range errs {
			if want := c.want[rank]; (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: rank %d: %v, want %q", c.name, rank, err, want)
			}
			if got := len(trainers[rank].History().Steps); c.steps >= 0 && got != c.steps {
				t.Errorf("%s: rank %d made %d updates, want %d", c.name, rank, got, c.steps)
			}
		}
	}
}

// A rank that goes ends the run on the others, who name the last checkpoint.
func TestRankLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	r := &room{posts: make([]post, 2)}
	r.changed.L = &r.mutex
	errs := make([]error, 2)
	var all sync.WaitGroup
	for rank := range 2 {
		tr := newTrainer(t, 3)
		tr.Ranks, tr.Checkpoint = roomRank{r, rank}, path
		tr.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
			if e.Step == 15 {
				r.leave()
			}
			return nil
		})}
		all.Go(func() { _, errs[rank] = tr.Fit(context.Background()) })
	}
	all.Wait()
	for rank, err := range errs {
		if want := path + ", after step 12"; !errors.Is(err, train.ErrRankLost) || !strings.Contains(err.Error(), want) {
			t.Errorf("rank %d: %v, want an error that names %s", rank, err, want)
		}
	}
	if _, err := train.Settings(path); err != nil {
		t.Error(err)
	}
}
