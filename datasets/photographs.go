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
// Those of a PNG or WebP may follow the pixels: r comes back to where it is.
func orientation(r io.ReadSeeker, head *imageHead) (int, error) {
	if head.format == "jpeg" {
		return exifOrientation(bytes.NewReader(head.read), imagemeta.JPEG), nil
	}
	if head.format != "png" && head.format != "webp" {
		return 1, nil
	}
	at, err := r.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err != nil {
		return 0, err
	}
	found := 1
	if head.format == "png" {
		found = exifOrientation(r, imagemeta.PNG)
	} else {
		found = exifOrientation(bytes.NewReader(webPExif(r)), imagemeta.TIFF)
	}
	_, err = r.Seek(at, io.SeekStart)
	return found, err
}

func exifOrientation(r io.ReadSeeker, format imagemeta.ImageFormat) int {
	found := 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: r, ImageFormat: format, Sources: imagemeta.EXIF,
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
