package filing

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// documentProblem checks a document number by its type and returns a problem's key, or "" if it is valid. Numbers are
// compared in upper case.
func documentProblem(documentType int, number string, today time.Time) string {
	switch documentType {
	case DocumentResidentID:
		return residentIDProblem(number, today)
	case DocumentBusinessLicence:
		return licenceProblem(number)
	case DocumentInstitutionOrgCode, DocumentGovernmentOrgCode, DocumentAssociationOrgCode, DocumentEnterpriseOrgCode:
		return orgCodeProblem(number)
	case DocumentInstitutionLegalPerson, DocumentAssociationLegalPerson:
		if len(number) == uscLength {
			return uscProblem(number)
		}
		return shapeProblem(certificateForm, number)
	case DocumentPassport:
		return shapeProblem(passportForm, number)
	case DocumentTaiwanPermit:
		return shapeProblem(taiwanForm, number)
	default: // the format of officers' cards and army codes isn't public
		return shapeProblem(anyForm, number)
	}
}

var (
	passportForm    = regexp.MustCompile(`^[A-Z0-9]{5,20}$`)
	taiwanForm      = regexp.MustCompile(`^\d{8}(\d{2}[A-Z]?)?$`)
	certificateForm = regexp.MustCompile(`^[A-Z0-9\p{Han}()\-]{6,30}$`)
	anyForm         = regexp.MustCompile(`^[A-Z0-9\p{Han}()\-]{4,64}$`)
)

func shapeProblem(form *regexp.Regexp, number string) string {
	if form.MatchString(number) {
		return ""
	}
	return "document_number_shape"
}

var residentIDForm = regexp.MustCompile(`^\d{17}[\dX]$`)

// residentIDProblem checks a resident ID number (GB 11643-1999): province,
// birth date, check digit (ISO 7064 MOD 11-2).
func residentIDProblem(number string, today time.Time) string {
	switch {
	case len(number) == 15 && strings.Trim(number, "0123456789") == "":
		return "resident_id_old"
	case !residentIDForm.MatchString(number):
		return "resident_id_shape"
	case ProvinceSign(number[:2]+"0000") == "" && !hmtPrefix[number[:2]]:
		return "resident_id_region"
	}
	born, err := time.Parse("20060102", number[6:14])
	if err != nil || born.Year() < 1900 || born.After(today) {
		return "resident_id_birth"
	}
	if residentIDCheck(number[:17]) != number[17] {
		return "resident_id_check_digit"
	}
	return ""
}

// hmtPrefix are the prefixes of residence permits for Hong Kong, Macao and Taiwan residents, which have the same format
// (81, 82, 83), and 71 for Taiwan.
var hmtPrefix = map[string]bool{"71": true, "81": true, "82": true, "83": true}

func residentIDCheck(first17 string) byte {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(first17[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}

// licenceProblem checks a business licence number: a unified social credit code, or the 15 digits used before October
// 2015.
func licenceProblem(number string) string {
	switch len(number) {
	case uscLength:
		return uscProblem(number)
	case 15:
		return oldLicenceProblem(number)
	}
	return "licence_length"
}

const (
	uscLength = 18
	// uscAlphabet omits I, O, S, V and Z (GB 32100-2015).
	uscAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
)

// uscProblem checks a unified social credit code (GB 32100-2015, modulo 31).
func uscProblem(number string) string {
	weight, sum := 1, 0
	for i := range uscLength {
		value := strings.IndexByte(uscAlphabet, number[i])
		if value < 0 {
			return "usc_characters"
		}
		if i < uscLength-1 {
			sum += value * weight
			weight = weight * 3 % 31
		}
	}
	if uscAlphabet[(31-sum%31)%31] != number[uscLength-1] {
		return "usc_check_digit"
	}
	return ""
}

// oldLicenceProblem checks a 15-digit registration number (GS 15-2006, ISO
// 7064 MOD 11,10).
func oldLicenceProblem(number string) string {
	if strings.Trim(number, "0123456789") != "" {
		return "licence_length"
	}
	p := 10
	for i := range 14 {
		s := (p + int(number[i]-'0')) % 10
		if s == 0 {
			s = 10
		}
		p = s * 2 % 11
	}
	if strconv.Itoa((11-p)%10) != number[14:] {
		return "licence_check_digit"
	}
	return ""
}

var orgCodeForm = regexp.MustCompile(`^[A-Z0-9]{8}-?[0-9X]$`)

// orgCodeProblem checks an organisation code (GB 11714-1997, modulo 11); organisations may give their unified social
// credit code instead.
func orgCodeProblem(number string) string {
	if len(number) == uscLength {
		return uscProblem(number)
	}
	if !orgCodeForm.MatchString(number) {
		return "org_code_shape"
	}
	weights := [8]int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += strings.IndexByte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", number[i]) * w
	}
	if "0123456789X"[(11-sum%11)%11] != number[len(number)-1] {
		return "org_code_check_digit"
	}
	return ""
}
