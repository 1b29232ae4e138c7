//go:build !unix && !windows

package datasets

import (
	"errors"
	"os"
)

func temporary() (*os.File, error) {
	return nil, errors.New("this system reads pixels from memory alone, wanted more of it (--memory) or smaller pictures (--size)")
}

func mapped(*os.File, int) ([]byte, func() error, error) { return nil, nil, errors.ErrUnsupported }
