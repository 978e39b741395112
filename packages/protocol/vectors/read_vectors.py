"""Reads v1.json with Python and a standard crypto library, by docs/protocol.md alone.

Prints one JSON object: what each request and reply holds, and how many changed copies were refused and accepted.
usage: read_vectors.py v1.json
"""
import hashlib
import json
import struct
import sys
import uuid

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

HEADER, HEAD, TAG = 42, 64, 16
TYPES = {10: "request", 11: "reply"}
OPERATIONS = {1: "reset", 2: "change", 3: "unlock", 4: "verify", 5: "dryRun", 6: "adminReset"}
BUCKETS = [272, 528, 1040]
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


class Refused(Exception):
    """Bytes that are not what a sealer of version 1 made."""


def unpack(frame, tenant, package_key):
    """Frame header and package: AES-256-GCM over the body, bound to everything before it."""
    version, kind = frame[0], TYPES.get(frame[1])
    if version != 1 or kind is None or not 80 <= len(frame) <= 2048:
        raise Refused("frame")
    if frame[42] != 1 or frame[43] != 1 or frame[44:52].hex() != package_key["id"]:
        raise Refused("package")
    bound = b"homeward/" + kind.encode() + b"/v1\0" + tenant + frame[:HEAD]
    try:
        body = AESGCM(bytes.fromhex(package_key["raw"])).decrypt(frame[52:HEAD], frame[HEAD:], bound)
    except InvalidTag:
        raise Refused("package")
    expires = struct.unpack(">Q", frame[34:HEADER])[0]
    return {"type": kind, "agentId": frame[2:18], "requestId": frame[18:34], "expires": expires}, body


def read_request(body):
    operation, flags = OPERATIONS[body[0]], body[1]
    issued, expires, length = struct.unpack(">QQH", body[34:52])
    if flags & ~7 or length != len(body) - 52:
        raise Refused("request")
    return {
        "operation": operation,
        "flags": flags,
        "cloudAnchor": body[2:18],
        "issued": issued,
        "expires": expires,
        "inner": body[52:],
    }


def open_envelope(inner, tenant, request_id, request, key):
    """The passwords of an inner envelope, opened with one recipient's private key."""
    if len(inner) < 4 or inner[0] != 1 or inner[1] != 1 or inner[2] not in (1, 2) or inner[3] > 2:
        raise Refused("envelope")
    recipients, bucket = inner[2], BUCKETS[inner[3]]
    nonce_at = 4 + 264 * recipients
    if len(inner) != nonce_at + 12 + bucket + TAG:
        raise Refused("envelope")
    slots = [inner[4 + 264 * n : 4 + 264 * (n + 1)] for n in range(recipients)]
    wrapped = next((slot[8:] for slot in slots if slot[:8] == key_id(key)), None)
    if wrapped is None:
        raise Refused("envelope")
    code = {name: number for number, name in OPERATIONS.items()}[request["operation"]]
    bound = (
        b"homeward/password/v1\0"
        + inner[:4]
        + tenant
        + request_id
        + bytes([code, request["flags"]])
        + request["cloudAnchor"]
        + struct.pack(">QQ", request["issued"], request["expires"])
        + b"".join(slot[:8] for slot in slots)
    )
    try:
        content_key = key.decrypt(wrapped, OAEP)
        plain = AESGCM(content_key).decrypt(inner[nonce_at : nonce_at + 12], inner[nonce_at + 12 :], bound)
    except (ValueError, InvalidTag):
        raise Refused("envelope")
    return read_passwords(plain)


def read_passwords(plain):
    passwords, at = {}, 0
    for name in ("next", "current"):
        length = struct.unpack(">H", plain[at : at + 2])[0]
        if length:
            passwords[name] = plain[at + 2 : at + 2 + length].decode("utf-16-le")
        at += 2 + length
    if any(plain[at:]):
        raise Refused("envelope")
    return passwords


def key_id(key):
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()[:8]


def verify_reply(signed, tenant, agent, request_id, inner, identity):
    body, signature = signed[:256], signed[256:]
    if len(signed) != 320:
        raise Refused("reply")
    told = b"homeward/reply/v1\0" + tenant + agent + request_id + hashlib.sha256(inner).digest() + body
    try:
        identity.verify(signature, told)
    except InvalidSignature:
        raise Refused("reply")
    outcome, event, sspr, rules, evidence, retry_at, written_at, before, after = struct.unpack(">HHHBBQQII", body[:32])
    return {
        "outcome": outcome,
        "event": event,
        "sspr": sspr,
        "rules": rules,
        "evidence": evidence,
        "retryAt": retry_at,
        "writtenAt": written_at,
        "versionBefore": before,
        "versionAfter": after,
        "minimumLength": body[48],
        "missingKinds": body[49],
        "historyLength": body[50],
    }


class Changes:
    """Counts what becomes of copies with something changed."""

    def __init__(self):
        self.refused = self.accepted = 0

    def expect_refusal(self, read):
        try:
            read()
            self.accepted += 1
        except (Refused, KeyError):
            self.refused += 1


def flipped(whole, at):
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


def every(whole, step=1):
    """Each byte changed, one at a time."""
    return (flipped(whole, at) for at in range(0, len(whole), step))


def main(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    tenant = uuid.UUID(vectors["tenantId"]).bytes
    package_key = vectors["packageKey"]
    keys = [load_der_private_key(bytes.fromhex(pair["pkcs8"]), None) for pair in vectors["passwordKeys"]]
    identity = Ed25519PublicKey.from_public_bytes(bytes.fromhex(vectors["identityPublicKey"]))
    changes = {"package": Changes(), "envelope": Changes(), "binding": Changes(), "reply": Changes()}
    requests, replies = [], []

    for vector in vectors["requests"]:
        frame = bytes.fromhex(vector["frame"])
        header, body = unpack(frame, tenant, package_key)
        request = read_request(body)
        inner, request_id = request["inner"], header["requestId"]
        opened = [
            open_envelope(inner, tenant, request_id, request, key) for key in keys[: inner[2]]
        ]
        requests.append({
            "name": vector["name"],
            "bytes": len(frame),
            "requestId": str(uuid.UUID(bytes=request_id)),
            "operation": request["operation"],
            "flags": request["flags"],
            "cloudAnchor": str(uuid.UUID(bytes=request["cloudAnchor"])),
            "issued": request["issued"],
            "expires": request["expires"],
            "opened": opened,
        })
        for changed in every(frame):
            changes["package"].expect_refusal(lambda: unpack(changed, tenant, package_key))
        for changed in [*every(inner[:16]), *every(inner, 13), inner[:-1], inner + b"\0"]:
            for key in keys[: inner[2]]:
                refuse = lambda: open_envelope(changed, tenant, request_id, request, key)
                # A slot's wrapped key is its owner's concern alone: the other recipient still opens.
                if owner_of_change(inner, changed) not in (None, key_id(key)):
                    continue
                changes["envelope"].expect_refusal(refuse)
        for other in (
            {"operation": "adminReset"},
            {"flags": request["flags"] ^ 1},
            {"cloudAnchor": flipped(request["cloudAnchor"], 3)},
            {"issued": request["issued"] + 1},
            {"expires": request["expires"] + 1},
        ):
            changes["binding"].expect_refusal(
                lambda: open_envelope(inner, tenant, request_id, {**request, **other}, keys[0])
            )
        for tenant_id, id_ in ((flipped(tenant, 0), request_id), (tenant, flipped(request_id, 0))):
            changes["binding"].expect_refusal(lambda: open_envelope(inner, tenant_id, id_, request, keys[0]))
        if inner[2] == 1:
            changes["binding"].expect_refusal(lambda: open_envelope(inner, tenant, request_id, request, keys[1]))

    for vector in vectors["replies"]:
        frame, inner = bytes.fromhex(vector["frame"]), bytes.fromhex(vector["inner"])
        header, signed = unpack(frame, tenant, package_key)
        agent, request_id = header["agentId"], header["requestId"]
        replies.append({
            "requestId": str(uuid.UUID(bytes=request_id)),
            "bytes": len(frame),
            **verify_reply(signed, tenant, agent, request_id, inner, identity),
        })
        for changed in every(signed):
            changes["reply"].expect_refusal(
                lambda: verify_reply(changed, tenant, agent, request_id, inner, identity)
            )
        for args in (
            (flipped(tenant, 0), agent, request_id, inner),
            (tenant, flipped(agent, 0), request_id, inner),
            (tenant, agent, flipped(request_id, 0), inner),
            (tenant, agent, request_id, flipped(inner, 9)),
        ):
            changes["reply"].expect_refusal(lambda: verify_reply(signed, *args, identity))

    counts = {name: {"refused": one.refused, "accepted": one.accepted} for name, one in changes.items()}
    print(json.dumps({"requests": requests, "replies": replies, "changes": counts}))


def owner_of_change(inner, changed):
    """Key id of the slot whose wrapped key was changed, or None."""
    if len(inner) != len(changed):
        return None
    at = next(index for index, (one, other) in enumerate(zip(inner, changed)) if one != other)
    slot, within = divmod(at - 4, 264)
    if at < 4 or slot >= inner[2] or within < 8:
        return None
    return inner[4 + 264 * slot : 12 + 264 * slot]


if __name__ == "__main__":
    main(sys.argv[1])
