"""A bureau served by spyne, a SOAP library of another language, from the
prototypes of interface 3.0 (3-3), for our client to call.

Credentials, hashes and packing are written here anew from the interface's text.
The account comes as JSON on stdin; the port is printed when it listens. The
user name "fault" is answered with a SOAP fault.
"""
import base64
import hashlib
import io
import json
import logging
import sys
import zipfile
from wsgiref.simple_server import WSGIRequestHandler, make_server
from xml.sax.saxutils import escape

from spyne import Application, Fault, Integer, Integer64, Service, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

logging.disable(logging.CRITICAL)
account = json.loads(sys.stdin.readline())
NAMESPACE = "http://webservice.isp.miitbeian.gov.cn/"
uploads, acknowledged = {}, []


def answer(code, message="操作成功", rest=""):
    return f'<?xml version="1.0" encoding="UTF-8"?><return><msg_code>{code}</msg_code><msg>{escape(message)}</msg>{rest}</return>'


def refused(isp, user, rand, digest, algorithm):
    """An answer when the credentials are wrong (3-3-1-3)."""
    if user == "fault":
        raise Fault("Server", "模拟故障 林测试")
    if len(rand) != 20 or not rand.isalnum():
        return answer(16, "随机数错误")
    if algorithm != 0:
        return answer(10, "Hash算法类型错误")
    if isp != account["isp_id"] or user != account["user"]:
        return answer(4, "用户名错误")
    if base64.b64encode(hashlib.md5((account["password"] + rand).encode("gbk")).digest()).decode() != digest:
        return answer(5, "密码错误")
    return None


def file_info(name, raw, sequence=None):
    number = "" if sequence is None else f"<dataSequence>{sequence}</dataSequence>"
    return (f"<fileInfos><hashAlgorithm>0</hashAlgorithm><compressionFormat>0</compressionFormat><encryptAlgorithm>0</encryptAlgorithm>{number}"
            f"<return_FileName>{name}</return_FileName><beianInfo>{base64.b64encode(raw).decode()}</beianInfo>"
            f"<beianInfoHash>{base64.b64encode(hashlib.md5(raw).digest()).decode()}</beianInfoHash></fileInfos>")


class UpDownLoad(Service):
    @rpc(Integer64, Unicode, Unicode, Unicode, Unicode, Unicode, Integer64, Integer, Integer, Integer, _returns=Unicode, _out_variable_name="return")
    def isp_upload(ctx, ispId, userName, randVal, pwdHash, beianInfo, beianInfoHash, dataSequence, encryptAlgorithm, hashAlgorithm, compressionFormat):
        wrong = refused(ispId, userName, randVal, pwdHash, hashAlgorithm)
        if wrong:
            return wrong
        if dataSequence != len(uploads) + 1:
            missing = "".join(f"<dataSequence>{n}</dataSequence>" for n in range(len(uploads) + 1, dataSequence))
            return answer(14, "请首先上载漏报的数据", f"<dataSequences>{missing}</dataSequences>")
        raw = base64.b64decode(beianInfo)
        if base64.b64encode(hashlib.md5(raw).digest()).decode() != beianInfoHash:
            return answer(7, "校验错误")
        with zipfile.ZipFile(io.BytesIO(raw)) as z:
            [name] = z.namelist()
            z.read(name).decode("gbk")
        uploads[dataSequence] = raw
        return answer(0)

    @rpc(Integer64, Unicode, Unicode, Unicode, Integer, _returns=Unicode, _out_variable_name="return")
    def isp_download(ctx, ispId, userName, randVal, pwdHash, hashAlgorithm):
        wrong = refused(ispId, userName, randVal, pwdHash, hashAlgorithm)
        if wrong:
            return wrong
        if "DOWN1" in acknowledged:
            return answer(2, "没有可以下载的数据")
        xml = ('<?xml version="1.0" encoding="GBK"?><DownloadData version="V.3.0"><ICP><BAJG><Jg_xx><Jgxx><Jgdm>1020</Jgdm>'
               '<Dmms>网站名称冲突</Dmms></Jgxx><Czlx>1</Czlx><Bs>7</Bs></Jg_xx></BAJG></ICP></DownloadData>')
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("DOWN1.xml", xml.encode("gbk"))
        return answer(0, rest=file_info("DOWN1", packed.getvalue()))

    @rpc(Integer64, Unicode, Unicode, Unicode, Integer, Unicode, _returns=Unicode, _out_variable_name="return")
    def isp_downloadack(ctx, ispId, userName, randVal, pwdHash, hashAlgorithm, fileName):
        wrong = refused(ispId, userName, randVal, pwdHash, hashAlgorithm)
        if wrong:
            return wrong
        acknowledged.append(fileName)
        return answer(0)

    @rpc(Integer64, Unicode, Unicode, Unicode, Integer, _returns=Unicode, _out_variable_name="return")
    def isp_querypreviousupload(ctx, ispId, userName, randVal, pwdHash, hashAlgorithm):
        wrong = refused(ispId, userName, randVal, pwdHash, hashAlgorithm)
        if wrong:
            return wrong
        if not uploads:
            return answer(0, rest="<fileInfos><dataSequence>0</dataSequence></fileInfos>")
        return answer(0, rest=file_info(f"UP{max(uploads)}", uploads[max(uploads)], max(uploads)))


class QueryBeianStatus(Service):
    @rpc(Integer64, Unicode, Unicode, Unicode, Integer, Integer, Unicode, _returns=Unicode, _out_variable_name="return")
    def isp_querybeianstatus(ctx, ispId, userName, randVal, pwdHash, hashAlgorithm, queryConditionType, queryCondition):
        wrong = refused(ispId, userName, randVal, pwdHash, hashAlgorithm)
        if wrong:
            return wrong
        found = "<Bazt>1</Bazt>"
        if queryCondition == account["filed_domain"]:
            found = "<Wzmc>样例&amp;网站</Wzmc><Ztbah>沪ICP备05000940号</Ztbah><Wzbah>沪ICP备05000940号-1</Wzbah><Bazt>0</Bazt>"
        return answer(0, rest=f"<StatusInfo><Cxtjlx>{queryConditionType}</Cxtjlx><Cxtj>{escape(queryCondition)}</Cxtj>{found}</StatusInfo>")


class VerifyBamm(Service):
    @rpc(Integer64, Unicode, Unicode, Unicode, Integer, Unicode, Unicode, _returns=Unicode, _out_variable_name="return")
    def isp_verifybamm(ctx, ispId, userName, randVal, pwdHash, hashAlgorithm, baxh, bamm):
        wrong = refused(ispId, userName, randVal, pwdHash, hashAlgorithm)
        if wrong:
            return wrong
        if bamm == "often":
            return answer(22, "备案密码校验超过5次")
        right = baxh == "沪ICP备05000940号" and bamm == account["filing_password"]
        return answer(0, rest=f"<VerifyRes>{0 if right else 1}</VerifyRes>")


def application(service):
    return WsgiApplication(Application([service], NAMESPACE, in_protocol=Soap11(), out_protocol=Soap11()))


paths = {
    "/ISPWebService/upDownLoad": application(UpDownLoad),
    "/BeianStatusWebService/queryBeianStatus": application(QueryBeianStatus),
    "/BeianStatusWebService/verifyBamm": application(VerifyBamm),
}


def dispatch(environ, start_response):
    return paths[environ["PATH_INFO"]](environ, start_response)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = make_server("127.0.0.1", 0, dispatch, handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
