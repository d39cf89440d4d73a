package filingtest

// Number is a filing number as people and bureaus write it.
type Number struct {
	// Text is as written, Want the standard form, Holder the part without the index.
	Text, Want, Holder string
}

// Numbers has every form of numbers: 备 old and new, 证, licences of the catalogue, and the suffixes of apps. Each place
// that reads, shows, searches, imports or queries numbers is tested with all of them.
func Numbers() []Number {
	return []Number{
		{"沪ICP备05000940号", "沪ICP备05000940号", "沪ICP备05000940号"},
		{"备案号：沪icp備２０２３０１２３４５號－1", "沪ICP备2023012345号-1", "沪ICP备2023012345号"},
		{"京ICP证 030173 号", "京ICP证030173号", "京ICP证030173号"},
		{"京ICP證20231234号—2", "京ICP证20231234号-2", "京ICP证20231234号"},
		{"增值电信业务经营许可证编号：粵b2-20090059", "粤B2-20090059", "粤B2-20090059"},
		{"粤B2-20090059号-18", "粤B2-20090059-18", "粤B2-20090059"},
		{"A2.B1.B2-20090001", "A2.B1.B2-20090001", "A2.B1.B2-20090001"},
		{"京A2.B1.B2-20090001-2", "京A2.B1.B2-20090001-2", "京A2.B1.B2-20090001"},
		{"京ICP备2023012345号-3a", "京ICP备2023012345号-3A", "京ICP备2023012345号"},
		{"京ICP备2023012345号－12x", "京ICP备2023012345号-12X", "京ICP备2023012345号"},
		{"粤B2-20090059-7K", "粤B2-20090059-7K", "粤B2-20090059"},
	}
}
