// Package tensorboard writes event files that TensorBoard reads: records as in
// TensorFlow's TFRecord files, each an Event protocol buffer.
package tensorboard

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"tatami/internal/files"
)

// Pattern matches the names of event files.
const Pattern = "events.out.tfevents.*"

// Writer appends to an event file. TensorBoard reads it as it grows, so it is
// not written beside and renamed; a record that was cut off is skipped.
type Writer struct {
	file   *os.File
	buffer *bufio.Writer
	event  []byte
}

// Create makes a new event file in dir. What other files there say about step
// and later ones is void: it is what a run had done before it was killed and
// resumed from an earlier checkpoint.
func Create(dir string, step int) (*Writer, error) {
	var file *os.File
	// TensorBoard reads files in the order of their names, whatever the clock of
	// this machine was set to meanwhile.
	at := time.Now().Unix()
	earlier, _ := filepath.Glob(filepath.Join(dir, Pattern))
	for _, name := range earlier {
		var was int64
		if n, _ := fmt.Sscanf(filepath.Base(name), "events.out.tfevents.%d.", &was); n == 1 && was < math.MaxInt64 {
			at = max(at, was+1)
		}
	}
	for ; ; at++ {
		name := filepath.Join(dir, fmt.Sprintf("events.out.tfevents.%d.0.tatami", at))
		var err error
		file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("cannot write %s: %w", name, files.Cause(err))
		}
	}
	w := &Writer{file: file, buffer: bufio.NewWriter(file)}
	w.start(0)
	w.event = protowire.AppendTag(w.event, eventFileVersion, protowire.BytesType)
	w.event = protowire.AppendString(w.event, "brain.Event:2")
	w.end()
	w.start(step)
	w.message(eventSessionLog, func() { w.varint(sessionStatus, sessionStart) })
	w.end()
	return w, w.Flush()
}

// The numbers of fields, from TensorBoard's event.proto and summary.proto.
const (
	eventWallTime, eventStep, eventFileVersion = 1, 2, 3
	eventSummary, eventSessionLog              = 5, 7

	sessionStatus, sessionStart = 1, 1

	summaryValue                                           = 1
	valueTag, valueSimple, valueImage                      = 1, 2, 4
	imageHeight, imageWidth, imageColorSpace, imageEncoded = 1, 2, 3, 4
	colorRGB                                               = 3
)

// Scalar writes one value of the curve called tag.
func (w *Writer) Scalar(tag string, step int, value float64) {
	w.value(tag, step, func() {
		w.event = protowire.AppendTag(w.event, valueSimple, protowire.Fixed32Type)
		w.event = protowire.AppendFixed32(w.event, math.Float32bits(float32(value)))
	})
}

// PNG writes an opaque picture of the series called tag, width × height pixels.
func (w *Writer) PNG(tag string, step, width, height int, picture []byte) {
	w.value(tag, step, func() {
		w.message(valueImage, func() {
			w.varint(imageHeight, height)
			w.varint(imageWidth, width)
			w.varint(imageColorSpace, colorRGB)
			w.event = protowire.AppendTag(w.event, imageEncoded, protowire.BytesType)
			w.event = protowire.AppendBytes(w.event, picture)
		})
	})
}

// Flush hands what was written to the system; its error is the first of all
// writes.
func (w *Writer) Flush() error { return w.named(w.buffer.Flush()) }

// Close flushes and ends the file.
func (w *Writer) Close() error { return errors.Join(w.Flush(), w.named(w.file.Close())) }

func (w *Writer) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot write %s: %w", w.file.Name(), files.Cause(err))
}

func (w *Writer) value(tag string, step int, content func()) {
	w.start(step)
	w.message(eventSummary, func() {
		w.message(summaryValue, func() {
			w.event = protowire.AppendTag(w.event, valueTag, protowire.BytesType)
			w.event = protowire.AppendString(w.event, tag)
			content()
		})
	})
	w.end()
}

// start begins an event; end writes it as a record.
func (w *Writer) start(step int) {
	w.event = protowire.AppendTag(w.event[:0], eventWallTime, protowire.Fixed64Type)
	w.event = protowire.AppendFixed64(w.event, math.Float64bits(float64(time.Now().UnixMicro())/1e6))
	if step != 0 {
		w.varint(eventStep, step)
	}
}

func (w *Writer) varint(field protowire.Number, value int) {
	w.event = protowire.AppendTag(w.event, field, protowire.VarintType)
	w.event = protowire.AppendVarint(w.event, uint64(value))
}

// message writes an embedded message, whose length comes before it.
func (w *Writer) message(field protowire.Number, content func()) {
	outer := w.event
	w.event = nil
	content()
	outer = protowire.AppendTag(outer, field, protowire.BytesType)
	w.event = protowire.AppendBytes(outer, w.event)
}

// end writes the event as a record: its length and data, each with a checksum.
func (w *Writer) end() {
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(w.event)))
	for _, part := range [][]byte{length, w.event} {
		w.buffer.Write(part) // an error stays until Flush
		w.buffer.Write(binary.LittleEndian.AppendUint32(nil, checksum(part)))
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is a CRC-32C, masked since data may hold checksums themselves.
func checksum(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}
