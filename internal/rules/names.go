package rules

// The rules that code applies. data/coverage.tsv says where, and why others aren't.
const (
	// About the holder.
	PersonNonlocal  Name = "person_nonlocal"
	PersonForeign   Name = "person_foreign"
	MinAge          Name = "min_age"
	ResidencePermit Name = "residence_permit"
	NonlocalUnit    Name = "nonlocal_unit"

	// About managers.
	ManagerLegalRep        Name = "manager_must_be_legal_rep"
	SameManager            Name = "same_manager_if_not_legal_rep"
	ManagerForeignLegalRep Name = "manager_foreign_legal_rep"
	LetterRequired         Name = "letter_required"
	DistinctMobiles        Name = "distinct_mobiles"
	ManagerNonlocal        Name = "manager_nonlocal"
	ManagerChange          Name = "manager_change"
	ManagersMustDiffer     Name = "managers_must_differ"
	EmergencyPhone         Name = "emergency_phone"

	// About addresses.
	AddressHouseNumber    Name = "address_house_number"
	AddressNoShixiaqu     Name = "address_no_shixiaqu"
	AddressInDocumentCity Name = "address_in_document_city"
	AddressDocumentLocal  Name = "address_document_local"

	// About the site.
	SiteNameMinHan         Name = "site_name_min_han"
	SiteRemarkRequired     Name = "site_remark_required"
	PersonalDeclaration    Name = "personal_site_declaration"
	PersonContent          Name = "person_content_not_allowed"
	ServiceNotAllowed      Name = "service_content_not_allowed"
	ServiceDefault         Name = "service_content_default"
	PreApprovalDeclaration Name = "pre_approval_declaration"
	SiteClosed             Name = "site_closed_until_approved"
	FiledSitesState        Name = "filed_sites_state"
	SitesAtOnce            Name = "sites_at_once"
	SitesTotalMax          Name = "sites_total_max"
	PlanDocument           Name = "plan_document"
	StatementRequired      Name = "statement_required"
	DomainCertRequired     Name = "domain_cert_required"
	EmptyHolderCanAddSite  Name = "empty_holder_can_add_site"

	FooterNumberKind Name = "footer_number_kind"

	// About domains.
	DomainValidity    Name = "domain_validity_months"
	DomainStemWords   Name = "domain_stem_words"
	DomainSuffixList  Name = "domain_suffix_list"
	GovDomainSuffix   Name = "gov_domain_suffix"
	OwnerMustBeHolder Name = "owner_must_be_holder"
	IPEqualsResolve   Name = "ip_equals_resolution"
	OneIPPerSite      Name = "one_ip_per_site"

	// About papers.
	BureauPromise       Name = "bureau_promise"
	PartyBuildingLetter Name = "party_building_letter"
	GovSiteApproval     Name = "gov_site_approval"
	AfterSchool         Name = "after_school_statement"
	RenameLetter        Name = "rename_letter_required"
)
