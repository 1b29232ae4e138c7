//go:build !unix

package files

// syncDir does nothing: Windows gives no handle of a folder to sync, NTFS
// journals a rename; a browser has no disk.
func syncDir(string) error { return nil }
