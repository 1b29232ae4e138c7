//go:build !browser

package datasets

import (
	"bytes"
	_ "image/gif" // for DecodeImage
	_ "image/jpeg"

	"github.com/bep/imagemeta"
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"
)

// orientation is what the beginning of a JPEG file, up to its frame, says of
// how it is to be turned; cameras write no others. It is 1, which is not at all, where it says nothing
// or nothing that makes sense.
func orientation(head []byte, format string) int {
	if format != "jpeg" {
		return 1
	}
	found := 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(head), ImageFormat: imagemeta.JPEG, Sources: imagemeta.EXIF,
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
