package bureau

import (
	"fmt"
	"net/http"
	"strings"
)

// service is one of the interface's three endpoints (3-3-1-1, 3-3-5-1, 3-3-6-1).
type service struct {
	path, name string
	methods    []method
}

// method has the parameters that follow the common credentials, as "name:xsd type".
type method struct {
	name   string
	params []string
	// answer answers a call; how is its fault, if any.
	answer func(s *Server, params map[string]string, how string) string
}

var services = []service{
	{"/ISPWebService/upDownLoad", "UpDownLoad", []method{
		{"isp_upload", []string{"beianInfo:string", "beianInfoHash:string", "dataSequence:long", "encryptAlgorithm:int",
			"hashAlgorithm:int", "compressionFormat:int"},
			func(s *Server, p map[string]string, how string) string { return s.upload(p, how != "") }},
		{"isp_download", []string{"hashAlgorithm:int"},
			func(s *Server, _ map[string]string, how string) string { return s.download(how) }},
		{"isp_downloadack", []string{"hashAlgorithm:int", "fileName:string"},
			func(s *Server, p map[string]string, _ string) string { return s.acknowledge(p["fileName"]) }},
		{"isp_querypreviousupload", []string{"hashAlgorithm:int"},
			func(s *Server, _ map[string]string, _ string) string { return s.previous() }},
	}},
	{"/BeianStatusWebService/queryBeianStatus", "QueryBeianStatus", []method{
		{"isp_querybeianstatus", []string{"hashAlgorithm:int", "queryConditionType:int", "queryCondition:string"},
			func(s *Server, p map[string]string, _ string) string { return s.queryStatus(p) }},
	}},
	{"/BeianStatusWebService/verifyBamm", "VerifyBamm", []method{
		{"isp_verifybamm", []string{"hashAlgorithm:int", "baxh:string", "bamm:string"},
			func(s *Server, p map[string]string, _ string) string { return s.verifyPassword(p) }},
	}},
}

// wsdl describes the service to SOAP libraries: rpc/literal.
func (v service) wsdl(w http.ResponseWriter, r *http.Request) {
	var messages, ports, bindings strings.Builder
	for _, m := range v.methods {
		fmt.Fprintf(&messages, `<message name="%s">`, m.name)
		for _, p := range append([]string{"ispId:long", "userName:string", "randVal:string", "pwdHash:string"}, m.params...) {
			name, kind, _ := strings.Cut(p, ":")
			fmt.Fprintf(&messages, `<part name="%s" type="xsd:%s"/>`, name, kind)
		}
		fmt.Fprintf(&messages,
			`</message><message name="%sResponse"><part name="return" type="xsd:string"/></message>`, m.name)
		fmt.Fprintf(&ports,
			`<operation name="%[1]s"><input message="tns:%[1]s"/><output message="tns:%[1]sResponse"/></operation>`, m.name)
		fmt.Fprintf(&bindings,
			`<operation name="%[1]s"><soap:operation soapAction=""/><input><soap:body use="literal" namespace="%[2]s"/></input><output><soap:body use="literal" namespace="%[2]s"/></output></operation>`, m.name, namespace)
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	fmt.Fprintf(w,
		`<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:tns="%[1]s" targetNamespace="%[1]s" name="%[7]s">%[2]s<portType name="%[7]s">%[3]s</portType><binding name="%[7]sBinding" type="tns:%[7]s"><soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>%[4]s</binding><service name="%[7]s"><port name="%[7]sPort" binding="tns:%[7]sBinding"><soap:address location="http://%[5]s%[6]s"/></port></service></definitions>`,
		namespace, messages.String(), ports.String(), bindings.String(), r.Host, r.URL.Path, v.name)
}
