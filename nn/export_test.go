package nn

var (
	EncodeModel = encodeModel
	DecodeModel = decodeModel
)
