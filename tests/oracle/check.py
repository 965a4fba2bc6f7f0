#!/usr/bin/env python3
"""Checks what the authority signs with tools that are not ours: python's gmssl does SM2, asn1crypto reads the structures.

    check.py FOLDER

FOLDER holds root.pem, issuing.pem, holder.pem, root.crl, issuing.crl, answer.der (OCSP) and, if there is one, document with
its signature. Prints one line for each thing that holds; the first that does not ends it with status 1.
"""

import sys
from pathlib import Path

from asn1crypto import core, crl, keys, ocsp, pem, x509
from gmssl import func, sm2

SM2_WITH_SM3 = "1.2.156.10197.1.501"
SM2_CURVE = "1.2.156.10197.1.301"


class Sm2Signature(core.Sequence):
    """SEQUENCE { r, s }."""

    _fields = [("r", core.Integer), ("s", core.Integer)]


def holds(condition, words):
    """Prints what holds, ends where it does not."""
    if not condition:
        sys.exit(f"WRONG: {words}")
    print(f"ok: {words}")


def certificate(path):
    """Reads a PEM certificate."""
    _, _, der = pem.unarmor(path.read_bytes())
    return x509.Certificate.load(der, strict=True)


def point(spki):
    """The public key's coordinates; only SM2 keys."""
    algorithm = spki["algorithm"]
    holds(algorithm["parameters"].chosen.dotted == SM2_CURVE, "an SM2 key")
    return spki["public_key"].native


def verifies(spki, message, signature):
    """Whether gmssl accepts the signature over the message under the standard's identity."""
    parts = Sm2Signature.load(signature, strict=True)
    raw = f"{parts['r'].native:064x}{parts['s'].native:064x}"
    curve = sm2.CryptSM2(private_key="", public_key=point(spki).hex()[2:])
    return curve.verify_with_sm3(raw, message)


def key(of):
    return of["tbs_certificate"]["subject_public_key_info"]


def extension(of, name):
    for one in of["tbs_certificate"]["extensions"]:
        if one["extn_id"].native == name:
            return one["extn_value"].parsed
    return None


def check_issued(of, by, words):
    """Name, key identifier and signature lead to the issuer."""
    tbs = of["tbs_certificate"]
    holds(of["signature_algorithm"]["algorithm"].dotted == SM2_WITH_SM3, f"{words}: SM2 with SM3")
    holds(tbs["issuer"].dump() == by["tbs_certificate"]["subject"].dump(), f"{words}: the issuer's name")
    identifier = extension(of, "authority_key_identifier")["key_identifier"].native
    holds(identifier == extension(by, "key_identifier").native, f"{words}: the issuer's key identifier")
    signed = verifies(key(by), tbs.dump(), of["signature_value"].native)
    holds(signed, f"{words}: signature")


def check_list(path, by, words):
    """Gives the serial numbers on the list."""
    read = crl.CertificateList.load(path.read_bytes(), strict=True)
    tbs = read["tbs_cert_list"]
    holds(tbs["issuer"].dump() == by["tbs_certificate"]["subject"].dump(), f"{words}: the issuer's name")
    holds(verifies(key(by), tbs.dump(), read["signature"].native), f"{words}: signature")
    holds(tbs["next_update"].native > tbs["this_update"].native, f"{words}: its period")
    return {line["user_certificate"].native for line in tbs["revoked_certificates"] or []}


def check_answer(path, holder, issuing):
    """Gives what the answer says of the holder's certificate."""
    read = ocsp.OCSPResponse.load(path.read_bytes(), strict=True)
    holds(read["response_status"].native == "successful", "answer: given")
    basic = read["response_bytes"]["response"].parsed
    delegate = basic["certs"][0]
    check_issued(delegate, issuing, "delegate")
    holds("ocsp_signing" in extension(delegate, "extended_key_usage").native, "delegate: for this purpose")
    holds(extension(delegate, "ocsp_no_check") is not None, "delegate: not asked about itself")
    holds(verifies(key(delegate), basic["tbs_response_data"].dump(), basic["signature"].native), "answer: signature")
    single = basic["tbs_response_data"]["responses"][0]
    holds(single["cert_id"]["serial_number"].native == holder.serial_number, "answer: about this certificate")
    return single["cert_status"].name


def main(folder):
    root, issuing, holder = (certificate(folder / f"{name}.pem") for name in ("root", "issuing", "holder"))
    check_issued(root, root, "root")
    check_issued(issuing, root, "issuing authority")
    check_issued(holder, issuing, "holder")
    holds(extension(issuing, "basic_constraints")["ca"].native, "issuing authority: may issue")
    holds(extension(holder, "basic_constraints") is None, "holder: may not issue")
    holds(not check_list(folder / "root.crl", root, "root's list"), "root's list: empty")
    listed = holder.serial_number in check_list(folder / "issuing.crl", issuing, "list")
    status = check_answer(folder / "answer.der", holder, issuing)
    holds(listed == (status == "revoked"), "list and answer agree")
    if (folder / "signature").exists():
        document, signature = ((folder / name).read_bytes() for name in ("document", "signature"))
        holds(verifies(key(holder), document, signature), "joint signature")
    print(f"status: {status}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
