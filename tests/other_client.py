"""Another maker's client of WeChat Pay (PyPI wechatpayv3) against the sandbox: each checks the other's signatures.
Started by tests/it/order/other_client.rs with the merchant's settings as JSON on stdin; ends with "agreed"."""

import http.server
import json
import queue
import sys
import threading
import urllib.request

from wechatpayv3 import WeChatPay, WeChatPayType

settings = json.load(sys.stdin)
notices = queue.Queue()


class Callback(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        notices.put((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Callback)
threading.Thread(target=server.serve_forever, daemon=True).start()
notify_url = f"http://127.0.0.1:{server.server_port}/notify"


def bare(pem):
    """The client takes a private key without its frame."""
    return "".join(line for line in pem.splitlines() if not line.startswith("---"))


def client(**other):
    made = WeChatPay(**{
        "wechatpay_type": WeChatPayType.NATIVE,
        "mchid": settings["mchid"], "private_key": bare(settings["merchant_key"]),
        "cert_serial_no": settings["merchant_serial"], "appid": settings["appid"],
        "apiv3_key": settings["apiv3_key"], "notify_url": notify_url,
        "public_key": settings["public_key"], "public_key_id": settings["public_key_id"], **other,
    })
    made._core._gate_way = settings["base_url"]
    return made


def control(path, body):
    request = urllib.request.Request(
        f"{settings['control']}/{path}", json.dumps(body).encode(), {"content-type": "application/json"})
    urllib.request.urlopen(request).read()


def ask(wanted, answer):
    code, message = answer
    assert code in wanted, f"{code}: {message}"
    return json.loads(message) if message else None


def told(event):
    headers, body = notices.get(timeout=20)
    notice = pay.callback(headers, body)
    assert notice and notice["event_type"] == event, notice
    altered = body.replace(b'"id":"EV-', b'"id":"EW-', 1)
    assert altered != body and not pay.callback(headers, altered), "an altered notice was believed"
    return notice["resource"]


pay = client()
number = "OTHERCLIENT0001"
prepaid = ask([200], pay.pay(description="测试", out_trade_no=number, amount={"total": 40000, "currency": "CNY"}))
assert prepaid["code_url"].startswith("weixin://wxpay/"), prepaid
assert ask([200], pay.query(out_trade_no=number))["trade_state"] == "NOTPAY"
refused = pay.pay(description="测试", out_trade_no=number, amount={"total": 1, "currency": "CNY"})
assert (refused[0], json.loads(refused[1])["code"]) == (403, "OUT_TRADE_NO_USED"), refused

control("wechat_pay/pay", {"out_trade_no": number})
paid = told("TRANSACTION.SUCCESS")
assert (paid["out_trade_no"], paid["amount"]["total"]) == (number, 40000), paid
assert ask([200], pay.query(transaction_id=paid["transaction_id"]))["trade_state"] == "SUCCESS"

back = {"refund": 5000, "total": 40000, "currency": "CNY"}
refund = ask([200], pay.refund(out_refund_no="OTHERCLIENT0001R1", out_trade_no=number, amount=back, notify_url=notify_url))
assert refund["status"] in ("PROCESSING", "SUCCESS"), refund
assert told("REFUND.SUCCESS")["refund_status"] == "SUCCESS"
assert ask([200], pay.query_refund("OTHERCLIENT0001R1"))["status"] == "SUCCESS"

ask([200], pay.pay(description="测试", out_trade_no="OTHERCLIENT0002", amount={"total": 1, "currency": "CNY"}))
ask([204], pay.close("OTHERCLIENT0002"))
assert ask([200], pay.query(out_trade_no="OTHERCLIENT0002"))["trade_state"] == "CLOSED"

# Whoever signs with another key is refused, and an answer that is signed wrongly is not believed.
stranger = client(private_key=bare(settings["other_key"]))
assert stranger.query(out_trade_no=number)[0] == 401
control("faults", {"vendor": "wechat_pay", "operation": "query", "kind": "bad_signature", "times": 1})
try:
    pay.query(out_trade_no=number)
except Exception:
    print("agreed")
else:
    sys.exit("an answer that was signed wrongly was believed")
