package filing

// ContactDetails is the content of 登记联系人 (the bureau's ICP 用户注册 form). All of it except Province is personal data.
type ContactDetails struct {
	// UserName has Chinese characters, English letters, digits and underscores.
	UserName string `json:"user_name"`
	// Province is a GB/T 2260 code such as "310000".
	Province string `json:"province"`
	Name     string `json:"name"`
	Mobile   string `json:"mobile"`
	Email    string `json:"email"`
	Remark   string `json:"remark"`
}

// Holder is 备案主体信息: who is responsible for the site.
type Holder struct {
	// Name is 主办单位名称: a person's name or the full name on the licence.
	Name string `json:"name"`
	// Nature is 主办单位性质, a value of Natures.
	Nature int `json:"nature"`
	// DocumentType is 证件类型, a value of DocumentTypes.
	DocumentType   int    `json:"document_type"`
	DocumentNumber string `json:"document_number"`
	// DocumentAddress is 证件住所, the address printed on the document.
	DocumentAddress string `json:"document_address"`
	// Superior is 上级单位名称或投资者.
	Superior string `json:"superior"`
	// Province, City and County are GB/T 2260 codes; County is empty if the city has none (东莞, 中山, 儋州 …).
	Province string `json:"province"`
	City     string `json:"city"`
	County   string `json:"county"`
	// Address is the part of 通信地址 below the county.
	Address string  `json:"address"`
	Manager Manager `json:"manager"`
}

// Manager is 网站负责人.
type Manager struct {
	Name           string `json:"name"`
	DocumentType   int    `json:"document_type"`
	DocumentNumber string `json:"document_number"`
	// OfficePhone is area code, hyphen, number: 021-12345678.
	OfficePhone string `json:"office_phone"`
	Mobile      string `json:"mobile"`
	Email       string `json:"email"`
}

// Site is 备案网站信息.
type Site struct {
	Name string `json:"name"`
	// HomePage is 网站首页网址; its host is one of Domains.
	HomePage string `json:"home_page"`
	// Provider is 所属接入服务提供者: the company that runs this product, never typed.
	Provider string `json:"provider"`
	// AccessMode is 网站接入方式, a value of AccessModes.
	AccessMode int `json:"access_mode"`
	// ServerPlace is 服务器放置地点, a value of ServerPlaces.
	ServerPlace int `json:"server_place"`
	// IPOnly is 是否仅能通过 IP 访问.
	IPOnly bool `json:"ip_only"`
	// Domains are normalised: lower case, A-labels, at most one leading "*.".
	Domains []string `json:"domains"`
	// DynamicIP is 是否动态 IP.
	DynamicIP bool `json:"dynamic_ip"`
	// IPs are IPv4 addresses or ranges "a-b". Interface 3.0 represents addresses as 32-bit numbers, so it can't file
	// IPv6.
	IPs []string `json:"ips"`
	// PreApprovals are 前置审批 contents, values of PreApprovals; empty: 其它/none.
	PreApprovals []int `json:"pre_approvals"`
	// ApprovalNumbers are the numbers of the approvals (前置审批号, Qzsph), by content.
	ApprovalNumbers map[int]string `json:"approval_numbers,omitempty"`
	// Languages are 网站语言类别, values of Languages.
	Languages []int `json:"languages"`
	// Services are 网站服务内容, values of Services.
	Services []int  `json:"services"`
	Remark   string `json:"remark"`
}

// Dossier is one revision of the submitted data. The kind determines which parts are filled in.
type Dossier struct {
	Kind           Kind           `json:"kind,omitempty"`
	Holder         Holder         `json:"holder"`
	Site           Site           `json:"site"`
	OwnershipProof OwnershipProof `json:"ownership_proof,omitzero"`
	Subject        Subject        `json:"subject,omitzero"`
	Ending         Ending         `json:"ending,omitzero"`
}
