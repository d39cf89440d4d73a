// Package bureau is the client of the ministry's interface for access providers, version 3.0 of October 2013 (工业和信息化部
// ICP/IP 地址/域名信息备案管理系统 企业系统接口规范): the SOAP calls, the packing of data files, their XML in both directions, and the
// result codes.
package bureau

// Mapping contains everything that the specification leaves open or that could differ at a real bureau. The
// specification names methods and parameters (3-3) but contains no WSDL.
type Mapping struct {
	// Namespace is that of the methods' elements.
	Namespace string
	// ReportPath is appended to the base URL for upload, download, acknowledgement and the previous upload (3-3-1-1).
	ReportPath string
	// QueryPath is appended for isp_querybeianstatus (3-3-5-1), VerifyPath for
	// isp_verifybamm (3-3-6-1).
	QueryPath, VerifyPath string
	// Return is the element that wraps a method's string result.
	Return string
	// Version is the interface version in the root element of each data file (3-2).
	Version string
}

// DefaultMapping is the mapping that the simulator also uses: parameters are unqualified elements of the method's
// element, in the order of its prototype (rpc/literal), as Java's JAX-WS and Axis serve such prototypes.
func DefaultMapping() Mapping {
	return Mapping{
		Namespace:  "http://webservice.isp.miitbeian.gov.cn/",
		ReportPath: "/ISPWebService/upDownLoad",
		QueryPath:  "/BeianStatusWebService/queryBeianStatus",
		VerifyPath: "/BeianStatusWebService/verifyBamm",
		Return:     "return",
		Version:    "V.3.0",
	}
}

// Parameters for which the interface defines only one value (3-3-1-4).
const (
	hashMD5        = "0"
	compressionZip = "0"
	encryptNone    = "0"
	encryptAES     = "1"
)

// EmergencyPhone is where a bureau takes a manager's emergency phone (应急电话), which the specification has no element
// for.
type EmergencyPhone string

// The values. EmergencyInMsn is Msn of Fzr and Wz_Fzr, whose service ended in 2014: some bureaus take the phone there.
const (
	EmergencyNowhere EmergencyPhone = ""
	EmergencyInMsn   EmergencyPhone = "msn"
)
