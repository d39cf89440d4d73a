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

// Dossier is one revision of the submitted data. The kind determines which parts are filled in.
type Dossier struct {
	Kind           Kind           `json:"kind,omitempty"`
	Holder         Holder         `json:"holder"`
	Site           Site           `json:"site"`
	OwnershipProof OwnershipProof `json:"ownership_proof,omitzero"`
	Subject        Subject        `json:"subject,omitzero"`
	Ending         Ending         `json:"ending,omitzero"`
	// Companion: a new filing whose site travels with another's. It has the holder of that one, and only forms of its
	// site.
	Companion bool `json:"companion,omitempty"`

	// HolderKnown: another site's filing brought the holder, so its forms aren't asked again; it isn't stored.
	HolderKnown bool `json:"-"`
	// PasswordPolicy is the bureau's, as the settings have it now; it isn't stored.
	PasswordPolicy PasswordPolicy `json:"-"`
}

// AsNewSite is a companion's dossier as that of another site of its holder, who has a number now.
func (d Dossier) AsNewSite(holderNumber string) Dossier {
	d.Kind, d.Companion, d.OwnershipProof = KindNewSite, false, OwnershipProof{Number: holderNumber}
	// A new site has one manager, whom the holder's form asks for.
	d.Holder.Manager, d.Site.OtherManager, d.Site.Manager = d.SiteManager(), false, Manager{}
	return d
}
