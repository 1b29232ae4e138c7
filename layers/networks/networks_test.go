package networks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tatami/internal/toy"
	"tatami/layers/networks"
	"tatami/nn"
)

// TestCounts: parameters and multiply-adds as they are worked out by
// hand.
func TestCounts(t *testing.T) {
	want := map[string][2]int{
		"mlp": {39_760, 784*50 + 50*10},
		"simple": {433_890,
			24*24*30*25 + 4320*100 + 100*10},
		"deep": {123_552,
			28*28*16*9 + 28*28*16*9*16 + 14*14*32*9*16 + 16*16*32*9*32 + 8*8*64*9*32 + 8*8*64*9*64 + 1024*50 + 50*10},
		"fast": {16*26 + 32*(9*16+1) + 64*(5*5*32+1) + 10*65,
			24*24*16*25 + 10*10*32*9*16 + 800*64 + 64*10},
		"best": {32*26 + 64*(9*32+1) + 64*(9*64+1) + 128*(5*5*64+1) + 10*129 + 4*(32+64+64+128),
			24*24*32*25 + 12*12*64*9*32 + 10*10*64*9*64 + 1600*128 + 128*10},
		"lenet": {61_706,
			28*28*6*25 + 10*10*16*25*6 + 400*120 + 120*84 + 84*10},
		"resnet": {16*10 + 2*16*145 + 32*(145+289+17) + 64*(289+577+33) + 10*65 + 4*(3*16+2*32+2*64),
			28*28*16*9 + 2*28*28*16*9*16 + 14*14*32*(9*16+9*32+16) + 7*7*64*(9*32+9*64+32) + 64*10},
		"mobile": {16*10 + 10*(16+32+64+64+128) + 32*17 + 64*(33+65) + 128*(65+129) + 10*129 + 4*(16+16+32+32+64+64+64+64+128+128+128),
			28*28*(16*9+16*9+32*16) + 14*14*(32*9+64*32+64*9+64*64) + 7*7*(64*9+128*64+128*9+128*128) + 128*10},
		"cifar": {64*(28+577) + 128*(577+1153) + 256*(1153+2305) + 10*257 + 4*2*(64+128+256),
			32*32*64*9*3 + 16*16*(64*9*64+128*9*64) + 8*8*(128*9*128+256*9*128) + 4*4*256*9*256 + 256*10},
		"small": {32*28 + 2*32*289 + 64*(289+577+33) + 128*(577+1153+65) + 10*129 + 4*(3*32+2*64+2*128),
			32*32*32*27 + 2*16*16*32*9*32 + 8*8*64*(9*32+9*64+32) + 4*4*128*(9*64+9*128+64) + 128*10},
	}
	for _, n := range networks.All() {
		net := toy.Network(t, n.Input, n.Specs(10)...)
		if got := [2]int{nn.CountParams(net.Params()), net.MultiplyAdds()}; got != want[n.Name] {
			t.Errorf("%s has %d parameters and multiply-adds, wanted %d", n.Name, got, want[n.Name])
		}
		if got := toy.Network(t, n.Input, n.Specs(7)...).Output(); got != nn.Features(7) {
			t.Errorf("%s for 7 classes gives %v", n.Name, got)
		}
		delete(want, n.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

// A pass's stages are the layers of the network, each once, also where those are
// blocks with layers of their own.
func TestStages(t *testing.T) {
	for _, n := range networks.All() {
		net := toy.Network(t, n.Input, n.Specs(10)...)
		sum := 0
		for _, count := range net.NewPass(nn.PassConfig{Capacity: 1}).Stages() {
			sum += count
		}
		if sum != len(net.Specs()) {
			t.Errorf("%s: %d layers in stages, wanted %d", n.Name, sum, len(net.Specs()))
		}
	}
}

// TestTables: the printed tables are those in testdata.
func TestTables(t *testing.T) {
	for _, n := range networks.All() {
		want, err := os.ReadFile(filepath.Join("testdata", "tables", n.Name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		if got := toy.Network(t, n.Input, n.Specs(10)...).String(); got != string(want) {
			t.Errorf("%s:\n%s\nwanted\n%s", n.Name, got, want)
		}
	}
}

// Every named network builds for any shape and number of classes, and is what it
// was where it fits.
func TestAnyShape(t *testing.T) {
	for _, n := range networks.All() {
		if got, want := fmt.Sprint(n.For(n.Input, 10)), fmt.Sprint(n.Specs(10)); got != want {
			t.Errorf("%s is %s for its own shape, wanted %s", n.Name, got, want)
		}
		for _, in := range []nn.Shape{nn.Features(1), nn.Features(12), {H: 1, W: 9, C: 1}, {H: 2, W: 2, C: 3}, {H: 3, W: 5, C: 2}, {H: 4, W: 4, C: 1}, {H: 7, W: 6, C: 3}, {H: 11, W: 40, C: 3}, {H: 13, W: 13, C: 4}, {H: 32, W: 32, C: 3}} {
			if got := toy.Network(t, in, n.For(in, 2)...).Output(); got != nn.Features(2) {
				t.Errorf("%s gives %v for %v", n.Name, got, in)
			}
		}
	}
}
