package nn

import "math/bits"

// Stream is a counter-based generator of random numbers: each key has a
// sequence of its own, so what is drawn for one sample depends neither on the
// order of samples nor on the number of workers. It is a rand.Source.
//
// It is SplitMix64 (Steele, Lea, Flood 2014) started from a mix of the key.
type Stream uint64

// NewStream returns the generator of the given key.
func NewStream(key ...uint64) Stream {
	var s uint64
	for _, k := range key {
		s = mix(s ^ mix(k+0x9e3779b97f4a7c15))
		s = bits.RotateLeft64(s, 23)
	}
	return Stream(s)
}

// Uint64 returns the next 64 random bits.
func (s *Stream) Uint64() uint64 {
	*s += 0x9e3779b97f4a7c15
	return mix(uint64(*s))
}

// Float32 returns a number in [0, 1) with 24 random bits.
func (s *Stream) Float32() float32 {
	return float32(s.Uint64()>>40) / (1 << 24)
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
