package orderfile_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/beian/beian/internal/orderfile"
)

// A bad row is reported by its line, and reading continues.
func ExampleReader_Next() {
	orders, err := orderfile.NewReader(strings.NewReader(`number,customer,product,domains,ips
D1,li,虚拟主机,www.example.com example.com,192.0.2.10
D2,li,虚拟主机,https://example.net/,192.0.2.11
`))
	if err != nil {
		panic(err)
	}
	for {
		order, err := orders.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(order.Number, order.Domains, order.IPs)
	}
	// Output:
	// D1 [www.example.com example.com] [192.0.2.10]
	// line 3, column domains: contains an invalid domain; want one such as www.example.com
}
