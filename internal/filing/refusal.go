package filing

// Refusal says what a result code of the bureau (interface 3.0, section 3-5) is
// about and what to do.
type Refusal struct {
	Code int
	// Form and Field name what must be corrected; empty when it isn't a field.
	Form, Field string
	// Staff tells that the provider must act, not the customer.
	Staff            bool
	Chinese, English string
}

// RefusalByCode finds a result code.
func RefusalByCode(code int) (Refusal, bool) {
	for _, r := range refusals {
		if r.Code == code {
			return r, true
		}
	}
	return Refusal{}, false
}

var refusals = []Refusal{
	{1002, "", "", false, "管局审核未通过，请按下面的意见修改后重新提交。", "The bureau refused the filing; please correct it as its opinion says and hand it in again."},
	{1003, "holder", "name", false, "主办单位与已有备案的主体冲突，请核对名称与证件是否一致，或是否已经备案过。", "The holder conflicts with one that is filed already; check name and document."},
	{1004, "site", "domains", false, "域名无效，请检查拼写以及域名是否已注册。", "A domain is invalid; check its spelling and that it is registered."},
	{1005, "site", "domains", false, "域名已在其他备案中，请先在原备案中取消，或换一个域名。", "A domain is in another filing already; remove it there first."},
	{1006, "site", "ips", false, "IP 地址无效，请填写订单中显示的网站 IP。", "An IP address is invalid; use those shown on the order."},
	{1007, "holder", "manager_mobile", false, "联系方式无效，请填写真实可用的电话和邮箱。", "The contact details are invalid; give a phone and mail address that work."},
	{1008, "holder", "document_number", false, "证件无效，请核对证件类型和号码。", "The document is invalid; check its type and number."},
	{1009, "holder", "manager_email", false, "邮箱无效，请填写常用的电子邮箱。", "The mail address is invalid."},
	{1010, "holder", "manager_office_phone", false, "办公电话无效，请按“区号-号码”填写。", "The office phone is invalid; write area code, hyphen, number."},
	{1011, "holder", "manager_mobile", false, "手机号码无效，请填写 11 位手机号码。", "The mobile number is invalid; it has 11 digits."},
	{1014, "holder", "nature", false, "主办单位性质无效，请重新选择。", "The holder's nature is invalid; choose again."},
	{1015, "holder", "document_number", false, "身份证号码无效，请按证件原样填写 18 位号码。", "The resident ID number is invalid; copy all 18 characters from the card."},
	{1016, "", "", true, "备案库中没有相应数据，工作人员会核实。", "The bureau has no such record; our staff will look into it."},
	{1017, "", "", false, "已有变更正在审核，请等审核结束后再提交。", "A change is under review already; wait for it to end."},
	{1018, "", "", false, "备案密码错误，请核对后重新提交。", "The filing password is wrong."},
	{1019, "holder", "province", false, "省、市、县选择有误，请重新选择。", "Province, city or county is wrong; choose again."},
	{1020, "site", "name", false, "网站名称不符合要求或已被使用，请换一个名称。", "The site's name is not allowed or taken; choose another."},
	{1021, "site", "home_page", false, "首页地址已在其他备案中，请更换。", "The home page is in another filing already."},
	{1022, "site", "home_page", false, "首页地址格式错误，应形如 http://www.example.com/。", "The home page is malformed; write http://www.example.com/."},
	{1023, "site", "ips", false, "IP 地址不在备案库中，请填写订单中显示的 IP。", "An IP address is unknown to the bureau; use those shown on the order."},
	{1024, "site", "ips", false, "IP 地址与其他备案冲突，请核对。", "An IP address conflicts with another filing."},
	{1025, "", "", false, "这是网站唯一的接入，不能取消。", "This is the site's only access; it can't be cancelled."},
	{1026, "", "", false, "注销理由无效，请重新选择。", "The reason for deregistration is invalid."},
	{1027, "", "", false, "主体注销申请已提交，无需重复。", "The holder's deregistration was asked for already."},
	{1029, "", "", true, "同一网站有重复的接入，工作人员会处理。", "The same access stands twice; our staff will mend it."},
	{1030, "", "", false, "网站注销申请已提交，无需重复。", "The site's deregistration was asked for already."},
	{1031, "holder", "manager_office_phone", false, "缺少网站负责人的办公电话，请填写。", "The manager's office phone is missing."},
	{1033, "site", "pre_approvals", false, "前置审批内容无效；没有专项审批的网站不用选择。", "The pre-approval content is invalid; without a special approval choose none."},
	{1034, "site", "services", false, "网站服务内容无效，请重新选择。", "The site's services are invalid; choose again."},
	{1035, "site", "access_mode", false, "网站接入方式无效；使用虚拟主机的请选“虚拟主机”。", "The access mode is invalid; for shared hosting choose virtual host."},
	{1036, "site", "server_place", false, "服务器放置地点无效，请重新选择。", "The server's place is invalid; choose again."},
	{1037, "site", "name", false, "该网站已经报备，无需重复。", "The site is filed already."},
	{1038, "", "", true, "该接入已经报备，工作人员会核实。", "The access is filed already; our staff will look into it."},
	{1039, "site", "domains", false, "域名已经报备，请核对域名列表。", "A domain is filed already; check the list."},
	{1040, "site", "ips", false, "IP 已经报备，请核对 IP 列表。", "An IP address is filed already; check the list."},
	{1041, "site", "home_page", false, "首页地址中的域名必须在域名列表之内。", "The home page's host must be among the domains."},
	{1042, "", "", false, "主体正在注销，不能注销网站。", "The holder is being deregistered; its site can't be."},
	{1043, "", "", false, "网站正在注销，不能注销主体。", "The site is being deregistered; its holder can't be."},
	{1044, "holder", "manager_name", false, "缺少负责人姓名，请填写。", "The manager's name is missing."},
	{1045, "", "", true, "接入商只能在所在省报备，工作人员会处理。", "The provider may file only in its own province; our staff will act."},
	{1046, "holder", "province", false, "变更备案不能改变主体所在省。", "A change may not move the holder's province."},
	{1047, "", "", true, "这不是本接入商的接入，工作人员会核实。", "The access isn't this provider's; our staff will look into it."},
	{1048, "", "", true, "这不是本接入商的备案，工作人员会核实。", "The filing isn't this provider's; our staff will look into it."},
	{1049, "", "", false, "主体已注销，请重新备案。", "The holder is deregistered; file anew."},
	{1050, "", "", false, "网站已注销，请重新备案。", "The site is deregistered; file anew."},
	{1051, "", "", true, "变更申请过多，请稍后再试。", "Too many changes at once; try later."},
	{1063, "", "", true, "IP 地址尚未由接入商报备，工作人员会处理。", "The IP address isn't reported for this provider yet; our staff will act."},
	{1064, "site", "domains", false, "域名在黑名单中，不能备案。", "A domain is on the blacklist and can't be filed."},
	{1065, "holder", "name", false, "主办单位在黑名单中，不能备案，请联系所在省通信管理局。", "The holder is on the blacklist; ask the province's bureau."},
	{1066, "site", "languages", false, "网站语言类别无效，请重新选择。", "The site's language is invalid; choose again."},
	{1999, "", "", true, "管局返回其他错误，工作人员会核实。", "The bureau reported another error; our staff will look into it."},
	{5001, "", "", true, "数据格式不符合规范，工作人员会处理。", "The data don't fit the bureau's schema; our staff will act."},
	{5003, "", "", true, "文件中的单位标识不一致，工作人员会处理。", "The provider's numbers differ inside the file; our staff will act."},
	{5004, "", "", true, "接口版本不正确，工作人员会处理。", "The interface version is wrong; our staff will act."},
	{5008, "", "", false, "内容中有管局系统不能识别的字符，请改用常用汉字。", "Some characters can't be read by the bureau's system; use common ones."},
	{5010, "", "", false, "附件格式有误，请重新上传。", "An attachment is malformed; upload it again."},
	{5999, "", "", true, "管局返回其他格式错误，工作人员会核实。", "The bureau reported another format error; our staff will look into it."},
}
