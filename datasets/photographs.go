//go:build !browser

package datasets

import (
	"bytes"
	"encoding/binary"
	_ "image/gif" // for DecodeImage
	_ "image/jpeg"
	"io"

	"github.com/bep/imagemeta"
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"
)

// orientation is what the Exif data of a picture say of how it is to be turned.
// It is 1, which is not at all, where they say nothing or nothing that makes sense.
func orientation(r io.ReadSeeker, format string) int {
	kind, ok := map[string]imagemeta.ImageFormat{"jpeg": imagemeta.JPEG, "png": imagemeta.PNG, "webp": imagemeta.TIFF}[format]
	if !ok {
		return 1
	}
	if format == "webp" {
		r = bytes.NewReader(webPExif(r))
	}
	found := 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: r, ImageFormat: kind, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if o, ok := tag.Value.(uint16); ok && o >= 1 && o <= 8 {
				found = int(o)
			}
			return imagemeta.ErrStopWalking
		},
	})
	if err != nil { // the picture may be whole all the same
		return 1
	}
	return found
}

// webPExif are the Exif data of a WebP, as a TIFF file; nil if it has none.
// imagemeta loses its way behind a chunk of odd length.
func webPExif(r io.ReadSeeker) []byte {
	const fileHead, mostChunks, mostBytes = 12, 64, 1 << 16
	at, err := r.Seek(fileHead, io.SeekStart)
	for range mostChunks {
		var head [8]byte
		if err == nil {
			_, err = io.ReadFull(r, head[:])
		}
		if err != nil {
			return nil
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		if string(head[:4]) == "EXIF" {
			data := make([]byte, min(length, mostBytes))
			n, _ := io.ReadFull(r, data)
			return bytes.TrimPrefix(data[:n], []byte("Exif\x00\x00")) // as some programs write it
		}
		at, err = r.Seek(at+int64(len(head))+length+length%2, io.SeekStart)
	}
	return nil
}
