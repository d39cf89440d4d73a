package store

import (
	"fmt"
	"strings"
)

// RetentionRule says how long what some tables hold about people is kept, and why. docs/privacy.md has them all.
type RetentionRule struct {
	Tables []string
	// Setting is the setting that changes the time; empty: it is fixed.
	Setting string
	// What is kept, Until when, and Why, by language.
	What, Until, Why map[string]string
}

// Sources of the rules, by language. 个人信息保护法 article 19 asks for the shortest time that the purpose needs; the
// others demand or justify a minimum.
var (
	whyShortest = words("个人信息保护法第十九条：保存期为实现处理目的所必要的最短时间",
		"Personal Information Protection Law, article 19: the shortest time that the purpose needs")
	whyFiling = words("《非经营性互联网信息服务备案管理办法》第十九条：接入期间须记录备案信息；结束后为民法典第一百八十八条的三年诉讼时效",
		"Filing Measures (非经营性互联网信息服务备案管理办法), article 19: recorded while the site is connected; then Civil Code, "+
			"article 188: three years in which claims can be brought")
	whyFiles = words("接入服务单位接口规范 3-3-1-3：至少三个月", "Provider interface specification, 3-3-1-3: at least three months")
	whyLogs  = words("网络安全法：网络日志至少六个月；民法典第一百八十八条：三年诉讼时效",
		"Cybersecurity Law: logs for at least six months; Civil Code, article 188: three years")
	whyBureau = words("由管局下发，用于核验和报送", "sent by the bureau, for vetting and submission")
	whyNobody = words("不含个人信息", "names nobody")
)

func words(zh, en string) map[string]string { return map[string]string{"zh": zh, "en": en} }

// RetentionRules are the rules for every table of the schema.
var RetentionRules = []RetentionRule{
	{[]string{"users", "staff_totp", "staff_recovery_codes", "user_names", "api_customers"}, "",
		words("账号：登录名、密码散列、联系方式、二次验证", "accounts: login, hashed password, contact addresses, second factor"),
		words("账号被删除（`beian customers erase`）；工作人员的账号一直保留",
			"the account is erased (`beian customers erase`); staff's stay"), whyShortest},
	{[]string{"sessions", "user_sessions", "saved_posts", "sign_in_tries", "account_codes", "captchas", "quota_usage",
		"inquiries", "api_answers", "launches"}, "",
		words("登录、验证码、暂存的表单、向管局的查询", "sign-ins, codes, saved posts, questions to the bureau"),
		words("到期即删：十分钟至七天", "they expire, after ten minutes to seven days"), whyShortest},
	{[]string{"account_notices"}, "", words("账号变更的通知", "notices of changes to accounts"),
		words("发出即清除地址，十四天后删除", "the address goes when it is sent, the rest after fourteen days"), whyShortest},
	{[]string{"message_deliveries"}, "", words("短信和邮件的送达结果", "what became of each SMS and mail"),
		words("结果已知一百八十天，或备案资料删除", "the outcome has been known for 180 days, or the filing's data go"), whyShortest},
	{[]string{"refused_addresses"}, "",
		words("被永久拒收的号码和邮箱的散列", "hashes of numbers and addresses that were refused for good"),
		words("本人确认无误，或有消息送达；最长三百六十五天", "their owner confirms them, or a message arrives; 365 days at most"), whyShortest},
	{[]string{"order_drafts"}, "", words("未开始备案的草稿", "drafts without a filing"),
		words("九十天未修改，或订单转移", "unchanged for ninety days, or the order is transferred"), whyShortest},
	{[]string{"drafts", "footer_edits"}, "BEIAN_KEEP_DRAFTS",
		words("草稿；客户首页修改前后的副本", "drafts; copies of customers' home pages before and after an edit"),
		words("备案已办结（已备案、已撤销或已注销）；首页副本则自备案终止起算",
			"the filing ended: filed, withdrawn or deregistered; copies of home pages: it is over"), whyShortest},
	{[]string{"papers"}, "BEIAN_KEEP_PAPERS",
		words("资料图片，以及更正联系方式的证明图片", "pictures of papers, and of proofs for corrected contacts"),
		words("备案已办结（已备案、已撤销或已注销）", "the filing ended: filed, withdrawn or deregistered"),
		words("供管局检查核验材料；个人信息保护法第十九条", "for the bureau's inspections; article 19 as above")},
	{[]string{"contacts", "verifications", "contact_corrections", "dossiers", "dossier_papers", "paper_views",
		"send_backs", "decisions", "messages", "customer_notices", "site_checks", "consents",
		"printed_statements", "paper_statements"}, "BEIAN_KEEP_FILINGS",
		words("联系人、备案资料、退回原因、管局意见和备案密码、通知记录、查看记录、同意记录",
			"contact, dossier, refusals, filing password, messages, views of papers, consents"),
		words("备案终止：已撤销、已注销，或已被变更取代、订单已转移",
			"the filing is over: withdrawn, deregistered, replaced by a change, or its order was transferred"), whyFiling},
	{[]string{"staff_tasks", "staff_records"}, "BEIAN_KEEP_FILINGS",
		words("管局任务和工作人员的答复", "the bureau's tasks and staff's answers"), words("任务办结", "the task is done"), whyFiling},
	{[]string{"holders"}, "BEIAN_KEEP_FILINGS",
		words("主体信息，供同一客户的其他网站使用", "holders, for other sites of the same customer"),
		words("该主体的备案均已终止", "every filing of the holder is over"), whyFiling},
	{[]string{"orders", "sites", "order_domains", "order_ips", "web_space_host_keys", "web_space_tests"}, "",
		words("订单、网站空间的账号", "orders, and the accounts of web spaces"),
		words("订单仍属该客户；删除个人信息时清除空间账号", "the order is the customer's; erasing the customer removes the space's account"),
		whyShortest},
	{[]string{"tickets", "ticket_answers", "ticket_pictures"}, "BEIAN_KEEP_TICKETS",
		words("咨询和举报，往来内容和图片", "questions and complaints, with the conversation and its pictures"),
		words("已关闭，或最后一次答复之后", "closed or, if nobody closes it, last answered"), whyShortest},
	{[]string{"bureau_uploads", "bureau_downloads"}, "BEIAN_KEEP_FILES",
		words("与管局交换的数据文件", "data files exchanged with the bureau"), words("已被接收或处理", "accepted or applied"), whyFiles},
	{[]string{"bureau_holders", "bureau_sites", "bureau_domains", "blacklist"}, "",
		words("管局下发的主体、网站和黑名单", "holders, sites and blacklist from the bureau"),
		words("管局注销（ZXSJ）或移出黑名单", "the bureau deregisters them (ZXSJ) or lifts the entry"), whyBureau},
	{[]string{"audit_entries", "audit_head"}, "BEIAN_KEEP_AUDIT", words("操作日志", "audit log"),
		words("记录之后", "written"), whyLogs},
	{[]string{"filings", "filing_events", "records", "vettings", "signals", "message_tries", "staff_alerts",
		"bulk_jobs", "bulk_results", "broken_executions", "figures", "figure_days", "day_figures", "announcements",
		"code_tables", "address_blocks",
		"bureau_accounts", "key_canary", "migration_progress", "queue_polls", "api_keys"}, "",
		words("备案经过、统计、公告、代码表、地址段、设置", "histories of filings, figures, announcements, code tables, address blocks"),
		words("一直保存；备案的检索散列随备案资料删除", "for good; a filing's search hashes go with its dossier"), whyNobody},
}

// RetentionTable lists the rules as the rows of docs/privacy.md or, for "zh", of its Chinese edition.
func RetentionTable(lang string) string {
	head := map[string]string{
		"en": "| data | tables | kept until, or from then on for the setting's time | setting | why |",
		"zh": "| 数据 | 表 | 保存到何时，或从何时起按设置保存 | 设置 | 依据 |",
	}
	var b strings.Builder
	b.WriteString(head[lang] + "\n| --- | --- | --- | --- | --- |\n")
	for _, r := range RetentionRules {
		setting := "–"
		if r.Setting != "" {
			setting = "`" + r.Setting + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.What[lang], "`"+strings.Join(r.Tables, "`, `")+"`", r.Until[lang],
			setting, r.Why[lang])
	}
	return b.String()
}
