package filing_test

import (
	"fmt"
	"time"

	"github.com/beian/beian/internal/filing"
)

func ExampleParseNumber() {
	n, err := filing.ParseNumber("沪ＩＣＰ备２０２３０１２３４５号－１")
	fmt.Println(n, n.Holder(), n.Site, err)
	_, err = filing.ParseNumber("沪ICP备12345号")
	fmt.Println(err != nil)
	// Output:
	// 沪ICP备2023012345号-1 沪ICP备2023012345号 1 <nil>
	// true
}

func ExampleNormaliseDomain() {
	domain, _ := filing.NormaliseDomain("WWW.例子.cn。")
	fmt.Println(domain)
	_, key := filing.NormaliseDomain("https://example.com/")
	fmt.Println(key)
	// Output:
	// www.xn--fsqu00a.cn
	// domain_has_url
}

func ExampleParseIPBlock() {
	r, _ := filing.ParseIPBlock("192.0.2.0/24")
	fmt.Println(r.From, r.To)
	_, key := filing.ParseIPBlock("192.0.2.1/24")
	fmt.Println(key)
	// Output:
	// 192.0.2.0 192.0.2.255
	// cidr_not_first
}

func ExampleAddWorkingDays() {
	friday := time.Date(2026, time.November, 27, 10, 0, 0, 0, time.UTC)
	fmt.Println(filing.AddWorkingDays(friday, 1).Format(time.DateOnly))
	// Output: 2026-11-30
}
