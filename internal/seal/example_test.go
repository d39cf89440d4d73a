package seal_test

import (
	"fmt"

	"github.com/beian/beian/internal/seal"
)

// A sealed value opens only with the additional data that it was sealed with.
func ExampleKeys_Seal() {
	file, err := seal.Generate()
	if err != nil {
		panic(err)
	}
	keys, err := seal.Load(file)
	if err != nil {
		panic(err)
	}
	sealed, err := keys.Seal("contacts/17", []byte("13800138000"))
	if err != nil {
		panic(err)
	}
	plain, err := keys.Open("contacts/17", sealed)
	fmt.Println(string(plain), err)
	_, err = keys.Open("contacts/18", sealed)
	fmt.Println(err)
	// Output:
	// 13800138000 <nil>
	// opening contacts/18: wrong key, wrong additional data or damaged
}
