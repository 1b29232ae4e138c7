package nn

import (
	"encoding/json"
	"fmt"
	"reflect"

	"tatami/internal/strictjson"
	"tatami/internal/suggest"
	"tatami/internal/typedjson"
)

// Catalog is the layer types that a file may name, by the name of their Go
// type. A user's own layers are added with another NewCatalog's entries.
type Catalog map[string]Spec

// NewCatalog lists the types of specs; their values do not matter. Of several
// with one name the last stands, even where packages differ: so a user's type
// may stand in for another, and should have a name of its own otherwise.
func NewCatalog(specs ...Spec) Catalog {
	c := Catalog{}
	for _, s := range specs {
		c[TypeName(s)] = s
	}
	return c
}

// TypeName is the name of v's type without its package, by which files tell the
// types of layers.
func TypeName(v any) string { return typedjson.Name(v) }

// architecture is the JSON form of a network without its weights:
//
//	{"input":{"H":28,"W":28,"C":1},"layers":[{"type":"Convolution","Filters":30,"Kernel":5},…]}
//
// Fields at their zero value are left out.
type architecture struct {
	Input  Shape           `json:"input"`
	Layers json.RawMessage `json:"layers"`
}

// mostLayers is what a text may describe: some kilobytes of memory each.
const mostLayers = 4096

// codec writes layers of any type, and reads those of the catalog.
func (c Catalog) codec() typedjson.Codec {
	layers := typedjson.NewKind("layer", c)
	layers.Open, layers.Most, layers.Unknown = true, mostLayers, suggest.UnknownLayer
	initializers := typedjson.NewKind("initializer", map[string]Initializer{
		"Normal": Normal{}, "He": He{}, "Xavier": Xavier{}, "Zero": Zero{}, "Dirac": Dirac{},
	})
	return typedjson.Codec{reflect.TypeFor[Spec](): layers, reflect.TypeFor[Initializer](): initializers}
}

// FormatArchitecture describes a network as JSON.
func FormatArchitecture(in Shape, specs []Spec) ([]byte, error) {
	layers, err := Catalog{}.codec().Format(specs)
	if err != nil {
		return nil, err
	}
	return json.Marshal(architecture{in, layers})
}

// ParseArchitecture reads what FormatArchitecture writes; the layer types are
// those of the catalog. Unknown types and fields are errors, and so are more
// than 4096 layers.
func ParseArchitecture(data []byte, catalog Catalog) (in Shape, specs []Spec, err error) {
	var a architecture
	specs = []Spec{}
	if err = strictjson.Unmarshal(data, &a); err == nil && a.Layers != nil {
		err = catalog.codec().Parse(a.Layers, &specs)
	}
	if err != nil {
		return Shape{}, nil, fmt.Errorf("architecture: %w", err)
	}
	return a.Input, specs, nil
}
