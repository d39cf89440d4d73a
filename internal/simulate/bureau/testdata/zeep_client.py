"""Calls the stand-in bureau with zeep, a SOAP library of another language that
knows it by its WSDLs alone.

Packing, hashes and credentials are written here anew from the interface's text,
so that a mistake shared by our client and the stand-in shows. Ends with 0 when
everything is as the interface says, else with a traceback.
"""
import base64
import hashlib
import io
import json
import random
import string
import sys
import xml.etree.ElementTree as ET
import zipfile

import requests
import zeep
from zeep.exceptions import Fault
from zeep.transports import Transport

settings = json.load(sys.stdin)
session = requests.Session()
session.trust_env = False  # loopback needs no proxy


def service(path):
    client = zeep.Client(settings["url"] + path + "?wsdl", transport=Transport(session=session, timeout=20, operation_timeout=20))
    return client.service, client


report, report_client = service("/ISPWebService/upDownLoad")
query, query_client = service("/BeianStatusWebService/queryBeianStatus")
verify, verify_client = service("/BeianStatusWebService/verifyBamm")


def credentials(password=None):
    rand = "".join(random.choices(string.ascii_letters + string.digits, k=20))
    digest = hashlib.md5(((password or settings["password"]) + rand).encode("gbk")).digest()
    return dict(ispId=settings["isp_id"], userName=settings["user"], randVal=rand, pwdHash=base64.b64encode(digest).decode(), hashAlgorithm=0)


def parsed(text):
    assert isinstance(text, str), f"a string, not {type(text)}"
    root = ET.fromstring(text.encode("utf-8"))
    assert root.tag == "return", root.tag
    return root


def code(root):
    return int(root.findtext("msg_code"))


def upload(sequence, xml, password=None):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(f"ISP{sequence}.xml", xml.encode("gbk"))
    raw = packed.getvalue()
    return parsed(report.isp_upload(
        beianInfo=base64.b64encode(raw).decode(), beianInfoHash=base64.b64encode(hashlib.md5(raw).digest()).decode(),
        dataSequence=sequence, encryptAlgorithm=0, compressionFormat=0, **credentials(password)))


def unpacked(info):
    raw = base64.b64decode(info.findtext("beianInfo"))
    assert base64.b64encode(hashlib.md5(raw).digest()).decode() == info.findtext("beianInfoHash"), "hash"
    with zipfile.ZipFile(io.BytesIO(raw)) as z:
        [name] = z.namelist()
        return ET.fromstring(z.read(name).decode("gbk").split("?>", 1)[1])


def expect(what, got, want):
    assert got == want, f"{what}: {got!r}, not {want!r}"


# Each service has its methods and no others.
operations = {name for client in (report_client, query_client, verify_client) for port in client.wsdl.services.values() for p in port.ports.values() for name in p.binding._operations}
expect("operations", operations, {"isp_upload", "isp_download", "isp_downloadack", "isp_querypreviousupload", "isp_querybeianstatus", "isp_verifybamm"})

# Nothing was handed in yet.
previous = parsed(report.isp_querypreviousupload(**credentials()))
expect("code", code(previous), 0)
expect("sequence", previous.findtext("fileInfos/dataSequence"), "0")
expect("nothing to download", code(parsed(report.isp_download(**credentials()))), 2)

# Wrong credentials and a gap are told.
expect("wrong password", code(upload(1, settings["record"], "wrong")), 5)
gap = upload(2, settings["record"])
expect("gap", code(gap), 14)
expect("missing", [e.text for e in gap.iter("dataSequence")], ["1"])

# A new filing is taken and can be seen again.
expect("upload", code(upload(1, settings["record"])), 0)
previous = parsed(report.isp_querypreviousupload(**credentials()))
expect("sequence", previous.findtext("fileInfos/dataSequence"), "1")
expect("content", unpacked(previous.find("fileInfos")).findtext("ICP/XZBA/Baxx/Wz_xx/Wzmc"), "样例网站")

# Its result comes down, again and again until it is acknowledged.
names = []
for _ in range(2):
    down = parsed(report.isp_download(**credentials()))
    assert code(down) in (0, 1, 3), code(down)
    names.append(down.findtext("fileInfos/return_FileName"))
    data = unpacked(down.find("fileInfos"))
expect("the same file", names[0], names[1])
expect("verdict", data.findtext("ICP/BAJG/GJSHS/Gjsh/Shjg"), "1")
number = data.findtext("ICP/BASJ/Baxx/Wz_xx/Baxh")
assert number.startswith("沪ICP备") and number.endswith("号-1"), number
expect("file name missing", code(parsed(report.isp_downloadack(fileName="", **credentials()))), 21)
expect("acknowledged", code(parsed(report.isp_downloadack(fileName=names[0], **credentials()))), 0)
expect("nothing left", code(parsed(report.isp_download(**credentials()))), 2)

# The filed domain is found, another isn't.
status = parsed(query.isp_querybeianstatus(queryConditionType=0, queryCondition=settings["domain"], **credentials()))
expect("filed", status.findtext("StatusInfo/Bazt"), "0")
expect("number", status.findtext("StatusInfo/Wzbah"), number)
status = parsed(query.isp_querybeianstatus(queryConditionType=0, queryCondition="unknown.example", **credentials()))
expect("not filed", status.findtext("StatusInfo/Bazt"), "1")

# The filing password of a number.
for password, result in ((settings["seeded_password"], "0"), ("wrong", "1")):
    answer = parsed(verify.isp_verifybamm(baxh=settings["seeded_number"], bamm=password, **credentials()))
    expect("password", answer.findtext("VerifyRes"), result)

# A method at the wrong service is a SOAP fault.
elsewhere = query_client.create_service("{http://webservice.isp.miitbeian.gov.cn/}QueryBeianStatusBinding", settings["url"] + "/ISPWebService/upDownLoad")
try:
    elsewhere.isp_querybeianstatus(queryConditionType=0, queryCondition="a.example", **credentials())
except Fault as fault:
    assert "Client" in fault.code, fault.code
else:
    raise AssertionError("no fault")

print(json.dumps({"number": number}))
