"""What a directory's own database says was written: for each person the version of `unicodePwd`, and all passwords.

Reads one JSON document on standard input, {objectGUID: [passwords that somebody tried to write]}, and prints
{objectGUID: {version, lastWrittenAt, written}}: `lastWrittenAt` is in Unix ms, whole seconds, and `written` is newest first, each the index of a password, or null for one that is
not among them. Works on sam.ldb itself, as nobody over LDAP may; no password leaves this process.
usage: read-written-passwords.py <smb.conf> <sam.ldb>
"""

import json
import sys

import ldb
from samba import nttime2unix
from samba.auth import system_session
from samba.crypto import md4_hash_blob
from samba.dcerpc import drsblobs
from samba.ndr import ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

UNICODE_PWD = 0x9005A
HASH_SIZE = 16


def last_write_of(entry):
    vector = ndr_unpack(drsblobs.replPropertyMetaDataBlob, entry["replPropertyMetaData"][0])
    return next(one for one in vector.ctr.array if one.attid == UNICODE_PWD)


def hashes_of(entry):
    """Newest first; the first one is the password that holds."""
    history = bytes(entry["ntPwdHistory"][0])
    return [history[at : at + HASH_SIZE] for at in range(0, len(history), HASH_SIZE)]


def main():
    configuration, path = sys.argv[1:]
    tried = json.load(sys.stdin)
    lp = LoadParm()
    lp.load(configuration)
    samdb = SamDB(url=path, session_info=system_session(), lp=lp)
    told = {}
    for guid, passwords in tried.items():
        index = {md4_hash_blob(password.encode("utf-16-le")): at for at, password in enumerate(passwords)}
        [entry] = samdb.search(
            "<GUID=%s>" % guid, ldb.SCOPE_BASE, attrs=["ntPwdHistory", "unicodePwd", "replPropertyMetaData"]
        )
        hashes = hashes_of(entry)
        if hashes[0] != bytes(entry["unicodePwd"][0]):
            raise SystemExit("the newest remembered password of %s is not the one that holds" % entry.dn)
        last = last_write_of(entry)
        told[guid] = {
            "version": last.version,
            "lastWrittenAt": nttime2unix(last.originating_change_time) * 1000,
            "written": [index.get(one) for one in hashes],
        }
    json.dump(told, sys.stdout)


main()
