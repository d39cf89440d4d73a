package bureau

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"github.com/beian/beian/internal/filing"
)

// add puts a record in its section, if it can be there.
func (icp *uploadICP) add(r Record) filing.Unfit {
	switch r.Dossier.Kind {
	case filing.KindNew, "":
		return addEntry(&icp.XZBA, newEntry, r)
	case filing.KindNewSite:
		return addEntry(&icp.XZWZ, newSiteEntry, r)
	case filing.KindNewAccess:
		return addEntry(&icp.XZJR, newAccessEntry, r)
	case filing.KindChange:
		return addEntry(&icp.BGBA, changeEntry, r)
	case filing.KindCancelAccess, filing.KindEndHolder, filing.KindEndSite:
		return addFitting(&icp.ZXBA, endEntry(r))
	}
	return filing.Unfit{Code: CodeSchema}
}

func addEntry[T any](section **[]T, entryOf func(Record) (T, filing.Unfit), r Record) filing.Unfit {
	entry, unfit := entryOf(r)
	if unfit.Code == 0 {
		unfit = addFitting(section, entry)
	}
	unfit.Field = r.formField(unfit.Field)
	return unfit
}

// addFitting puts an entry in a section if it fits.
func addFitting[T any](section **[]T, entry T) filing.Unfit {
	if unfit := fits(entry); unfit.Code != 0 {
		return unfit
	}
	if *section == nil {
		*section = new([]T)
	}
	**section = append(**section, entry)
	return filing.Unfit{}
}

// baxx is the record of a new filing (XZBA, 4-1-1-1), in the order of upload-data.xsd.
type baxx struct {
	Zt ztxx   `xml:"Zt_xx"`
	Wz []wzxx `xml:"Wz_xx" validate:"min=1,dive"`
	Fj []fj   `xml:"Fj" validate:"dive"`
}

// The records about existing filings: XZWZ, XZJR, BGBA, ZXBA (4-1-1-2 to 4-1-1-5), in the order of upload-data.xsd.

type newSite struct {
	Ztbah string `xml:"Zt_xx>Ztbah" form:"ownership.number" validate:"required,max=128"`
	Wz    wzxx   `xml:"Wz_xx"`
	Fj    []fj   `xml:"Fj" validate:"dive"`
	ICPmm string `xml:"ICPmm,omitempty" form:"ownership.password"`
}

type newAccess struct {
	Wzbah   string `xml:"Wz_xx>Wzbah" form:"ownership.number" validate:"required,max=128"`
	IspJrid int64  `xml:"IspJrid" validate:"min=1"`
	accessBody
	Fj    []fj   `xml:"Fj" validate:"dive"`
	ICPmm string `xml:"ICPmm" form:"ownership.password" validate:"max=32"`
}

type change struct {
	Zt    changedHolder `xml:"Zt_xx"`
	Wz    changedSite   `xml:"Wz_xx"`
	Fj    []fj          `xml:"Fj" validate:"dive"`
	ICPmm string        `xml:"ICPmm,omitempty" form:"ownership.password"`
}

type changedHolder struct {
	Ztid int64  `xml:"Ztid" validate:"min=1"`
	Dwmc string `xml:"Dwmc" form:"holder.name" validate:"required,max=255"`
	Baxh string `xml:"Baxh" validate:"required,max=128"`
	holderBody
	Zj struct {
		// Only in BGBA do document types end at 11.
		Zjlx int    `xml:"Zjlx" form:"holder.document_type" validate:"min=1,max=11"`
		Zjhm string `xml:"Zjhm" form:"holder.document_number" validate:"required,max=255"`
		Zjzs string `xml:"Zjzs" form:"holder.document_address" validate:"required,max=1024"`
	} `xml:"Zj"`
	Fzr fzr `xml:"Fzr"`
}

type changedSite struct {
	Wzid int64 `xml:"Wzid" validate:"min=1"`
	siteBody
	Ym []ymxx `xml:"Ym_xx" form:"site.domains" validate:"min=1,dive"`
	Jr struct {
		Jrid int64 `xml:"Jrid" validate:"min=1"`
		accessBody
	} `xml:"Jr_xx"`
	Fzr  siteFzr `xml:"Wz_Fzr"`
	Baxh string  `xml:"Baxh" validate:"required,max=128"`
	siteEnd
}

type zxxx struct {
	Zxlb   int    `xml:"Zxlb"`
	Jlid   int64  `xml:"Jlid" validate:"min=1"`
	Zxly   int    `xml:"Zxly" form:"ending.reason" validate:"min=1,max=999"`
	Zxlybz string `xml:"Zxlybz,omitempty" form:"ending.note" validate:"max=1000"`
	ICPmm  string `xml:"ICPmm,omitempty" form:"ownership.password"`
}

func newEntry(r Record) (entry baxx, unfit filing.Unfit) {
	h := r.Dossier.Holder
	entry.Zt = ztxx{
		IspZtid: r.ID, Dwmc: h.Name, holderBody: holderBodyOf(h), Bbfs: filedByProvider,
		Zj: documentOf(h), Fzr: r.holderManager(),
	}
	site, unfit := siteOf(r)
	entry.Wz, entry.Fj = []wzxx{site}, newPapers(r, r.ID)
	return entry, unfit
}

// newPapers are the papers of a new filing's record, whose holder has an ID.
func newPapers(r Record, holder int64) []fj {
	return papersOf(r.Papers, func(p Paper) any {
		if p.OfSite {
			return partID(r.ID, placeSite)
		}
		return holder
	})
}

// companion is what a record adds to that of another new filing.
type companion struct {
	Wz wzxx
	Fj []fj `validate:"dive"`
}

// addTogether adds the record of a new holder with several sites (XZBA), whole or not at all. What is unfit of a
// companion is reported of it.
func (icp *uploadICP) addTogether(r Record) Unfit {
	unfit := Unfit{}
	add := func(r Record, u filing.Unfit, entry any) {
		if u.Code == 0 {
			u = fits(entry)
		}
		u.Field = r.formField(u.Field)
		maps.Copy(unfit, one(r.ID, u))
	}
	entry, u := newEntry(r)
	add(r, u, entry)
	for _, c := range r.Companions {
		if c.Dossier.Kind.OrNew() != filing.KindNew {
			unfit[c.ID] = filing.Unfit{Code: CodeSchema}
			continue
		}
		site, u := siteOf(c)
		added := companion{site, newPapers(c, r.ID)}
		add(c, u, added)
		entry.Wz, entry.Fj = append(entry.Wz, added.Wz), append(entry.Fj, added.Fj...)
	}
	if len(unfit) > 0 {
		return unfit
	}
	return one(r.ID, addFitting(&icp.XZBA, entry))
}

func newSiteEntry(r Record) (entry newSite, unfit filing.Unfit) {
	d := r.Dossier
	entry.Ztbah, entry.ICPmm = d.OwnershipProof.Number, hashedPassword(d.OwnershipProof.Password)
	entry.Wz, unfit = siteOf(r)
	entry.Fj = papersOf(r.Papers, func(p Paper) any {
		if p.OfSite {
			return ownerID{partID(r.ID, placeSite)}
		}
		return ownerNumber{d.OwnershipProof.Number}
	})
	return entry, unfit
}

func newAccessEntry(r Record) (entry newAccess, unfit filing.Unfit) {
	d := r.Dossier
	entry.Wzbah, entry.IspJrid = d.OwnershipProof.Number, partID(r.ID, placeAccess)
	entry.ICPmm = cmp.Or(hashedPassword(d.OwnershipProof.Password), r.ICPmm)
	entry.accessBody, unfit = accessOf(r.ID, d.Site, nil)
	entry.Fj = papersOf(r.Papers, func(p Paper) any {
		number, err := filing.ParseNumber(d.OwnershipProof.Number)
		if p.OfSite || err != nil {
			return ownerNumber{d.OwnershipProof.Number}
		}
		return ownerNumber{number.Holder()}
	})
	return entry, unfit
}

func changeEntry(r Record) (entry change, unfit filing.Unfit) {
	h, s, known := r.Dossier.Holder, r.Dossier.Site, r.Dossier.Subject
	z := &entry.Zt
	z.Ztid, z.Dwmc, z.Baxh, z.holderBody, z.Fzr = known.HolderID, h.Name, known.HolderNumber, holderBodyOf(h),
		r.holderManager()
	z.Zj.Zjlx, z.Zj.Zjhm, z.Zj.Zjzs = h.DocumentType, h.DocumentNumber, h.DocumentAddress
	w := &entry.Wz
	w.Wzid, w.siteBody, w.Fzr, w.Baxh, w.siteEnd = known.SiteID, siteBodyOf(s, r.Papers), r.siteManager(),
		known.SiteNumber, siteEnd{s.HomePage, s.Remark}
	for i, domain := range s.Domains {
		w.Ym = append(w.Ym, ymxx{IspYmid: partID(r.ID, placeDomains+i), Ymid: known.DomainIDs[domain], Ym: domain})
	}
	w.Jr.Jrid = known.AccessID
	w.Jr.accessBody, unfit = accessOf(r.ID, s, known.AddressIDs)
	entry.Fj = papersOf(r.Papers, func(p Paper) any {
		if p.OfSite {
			return ownerID{known.SiteID}
		}
		return ownerID{known.HolderID}
	})
	entry.ICPmm = hashedPassword(r.Dossier.OwnershipProof.Password)
	return entry, unfit
}

// endEntry deregisters a holder (0) or a site (1), or cancels an access (2).
func endEntry(r Record) zxxx {
	d := r.Dossier
	e := zxxx{Zxly: d.Ending.Reason, Zxlybz: d.Ending.Note, ICPmm: hashedPassword(d.OwnershipProof.Password)}
	switch d.Kind {
	case filing.KindEndHolder: // upload-data.xsd's comment requires ICPmm here, its rules don't
		e.Zxlb, e.Jlid, e.ICPmm = 0, d.Subject.HolderID, cmp.Or(e.ICPmm, r.ICPmm)
	case filing.KindEndSite:
		e.Zxlb, e.Jlid = 1, d.Subject.SiteID
	default:
		e.Zxlb, e.Jlid = 2, d.Subject.AccessID
	}
	return e
}

// Keys identify a record in the bureau's results, together with the operation.
type Keys struct {
	// Operation is Czlx.
	Operation int
	// Review is Jlid of a review (Gjsh); empty if that is one of our IDs.
	Review string
	// Result lists what Bs of a result (Jg_xx) may be, besides one of our IDs.
	Result []string
}

// KeysOf returns the keys of a dossier's results (4-2-1-6: Bs and Jlid).
func KeysOf(d filing.Dossier) Keys {
	id := func(n int64) string { return strconv.FormatInt(n, 10) }
	k := Keys{Operation: d.Kind.Operation()}
	switch d.Kind {
	case filing.KindNewSite, filing.KindNewAccess:
		k.Result = []string{d.OwnershipProof.Number}
	case filing.KindChange, filing.KindEndHolder:
		k.Review, k.Result = id(d.Subject.HolderID), []string{id(d.Subject.HolderID), d.Subject.HolderNumber}
	case filing.KindCancelAccess:
		k.Review, k.Result = id(d.Subject.AccessID), []string{id(d.Subject.AccessID)}
	case filing.KindEndSite:
		k.Review, k.Result = id(d.Subject.SiteID), []string{id(d.Subject.SiteID), d.Subject.SiteNumber}
	}
	return k
}

// OwnRecord is the ID of our record that a result identifies by our own IDs; 0 if it identifies it otherwise. A result
// without an operation counts as a new filing's.
func OwnRecord(r Result) int64 {
	id, err := strconv.ParseInt(r.Key, 10, 64)
	if err != nil || id < 1 {
		return 0
	}
	switch {
	case r.Operation == filing.KindNew.Operation() || r.Operation == 0:
		return id
	case r.Operation == filing.KindNewSite.Operation() && r.Review && id%idsPerRecord == placeSite:
		return id / idsPerRecord
	case r.Operation == filing.KindNewAccess.Operation() && id%idsPerRecord == placeAccess:
		return id / idsPerRecord
	}
	return 0
}

// OwnSite is the ID of our record whose site a review of a new filing names, if it names one by our ID, or else 0. The
// same number can be that of another record (OwnRecord): only the records under way tell.
func OwnSite(r Result) int64 {
	id, err := strconv.ParseInt(r.Key, 10, 64)
	if err != nil || !r.Review || r.Operation > filing.KindNew.Operation() || id%idsPerRecord != placeSite {
		return 0
	}
	return id / idsPerRecord
}

// RecordsOf returns our records that may have created an access of a filed site.
func RecordsOf(f filing.FiledHolder, s filing.FiledSite, a filing.FiledAccess) []int64 {
	var list []int64
	add := func(id int64) {
		if id > 0 && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	if s.OurID%idsPerRecord == placeSite {
		add(s.OurID / idsPerRecord)
	}
	if a.OurID%idsPerRecord == placeAccess {
		add(a.OurID / idsPerRecord)
	}
	if s.OurID == 0 && a.OurID == 0 {
		add(f.OurHolderID)
	}
	return list
}

// AddressText formats an address, which is a number in the interface.
func AddressText(n uint32) string {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).String()
}
