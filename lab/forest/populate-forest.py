"""Fills a freshly provisioned directory from a description, before its controller is first started.

Reads one JSON document on standard input, works on sam.ldb in one transaction (40 people take about a second, over
LDAP it would be several), and prints one JSON document: where everything ended up.
usage: populate-forest.py <smb.conf> <sam.ldb>
"""

import json
import sys

import ldb
from samba import dsdb
from samba.auth import system_session
from samba.dcerpc import misc, security
from samba.ndr import ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB
from samba.sd_utils import SDUtils

USER_CLASS = "bf967aba-0de6-11d0-a285-00aa003049e2"
# What the agent account may do to users, and nothing more ([MS-ADTS] 5.1.3.2.1 and 6.1.1.2.7, the schema's GUIDs).
DELEGATED_RIGHTS = [
    ("CR", "00299570-246d-11d0-a768-00aa006e0529"),  # Reset Password
    ("CR", "ab721a53-1e2f-11d0-9819-00aa0040529b"),  # Change Password
    ("WP", "28630ebf-41d5-11d1-a9c1-0000f80367c1"),  # lockoutTime
    ("WP", "bf967a0a-0de6-11d0-a285-00aa003049e2"),  # pwdLastSet
]
NEVER = -0x8000000000000000
DAY = 24 * 60 * 60 * 10_000_000
LOCKOUT = DAY // 48
DOMAIN_PASSWORD_COMPLEX = 1


def open_directory(configuration, path):
    lp = LoadParm()
    lp.load(configuration)
    lp.set("dsdb:schema update allowed", "true")
    return SamDB(url=path, session_info=system_session(), lp=lp)


def place(samdb, path, attribute="OU"):
    """The DN of a path of names from the domain down; ldb does the escaping."""
    dn = samdb.get_default_basedn()
    for depth, name in enumerate(path):
        rdn = attribute if depth == len(path) - 1 else "OU"
        child = ldb.Dn(samdb, "%s=x" % rdn)
        child.set_component(0, rdn, name)
        child.add_base(dn)
        dn = child
    return dn


def modify(samdb, dn, **attributes):
    message = ldb.Message(dn)
    for name, value in attributes.items():
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    samdb.modify(message)


def quoted(password):
    return ('"%s"' % password).encode("utf-16-le")


def set_policy(samdb, policy):
    age = lambda days: str(-days * DAY if days else 0)
    modify(
        samdb,
        samdb.get_default_basedn(),
        pwdProperties=str(DOMAIN_PASSWORD_COMPLEX if policy["complexity"] else 0),
        minPwdLength=str(policy["minimumLength"]),
        pwdHistoryLength=str(policy["historyLength"]),
        minPwdAge=age(policy["minimumAgeDays"]),
        maxPwdAge=age(policy["maximumAgeDays"]) if policy["maximumAgeDays"] else str(NEVER),
        lockoutThreshold=str(policy["lockoutThreshold"]),
    )


def add_password_settings(samdb, settings, groups):
    age = lambda days, never: str(-days * DAY if days else never)
    container = ldb.Dn(samdb, "CN=Password Settings Container,CN=System")
    container.add_base(samdb.get_default_basedn())
    dn = ldb.Dn(samdb, "CN=x")
    dn.set_component(0, "CN", settings["name"])
    dn.add_base(container)
    samdb.add({
        "dn": dn,
        "objectClass": "msDS-PasswordSettings",
        "msDS-PasswordSettingsPrecedence": str(settings["precedence"]),
        "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
        "msDS-PasswordComplexityEnabled": "TRUE" if settings["complexity"] else "FALSE",
        "msDS-MinimumPasswordLength": str(settings["minimumLength"]),
        "msDS-PasswordHistoryLength": str(settings["historyLength"]),
        "msDS-MinimumPasswordAge": age(settings["minimumAgeDays"], 0),
        "msDS-MaximumPasswordAge": age(settings["maximumAgeDays"], NEVER),
        "msDS-LockoutThreshold": str(settings["lockoutThreshold"]),
        "msDS-LockoutDuration": str(-LOCKOUT),
        "msDS-LockoutObservationWindow": str(-LOCKOUT),
        "msDS-PSOAppliesTo": [str(groups[name]) for name in settings["appliesTo"]],
    })


def add_user(samdb, dn, account, flags):
    attributes = {
        "dn": dn,
        "objectClass": "user",
        "sAMAccountName": account["userName"],
        "userPrincipalName": account["userPrincipalName"],
        "displayName": account["displayName"],
        "userAccountControl": str(flags & ~dsdb.UF_SMARTCARD_REQUIRED),
        "unicodePwd": quoted(account["password"]),
    }
    for name in ("givenName", "sn", "mail", "title", "department", "telephoneNumber", "mobile", "description"):
        if account.get(name):
            attributes[name] = account[name]
    samdb.add(attributes)
    if flags & dsdb.UF_SMARTCARD_REQUIRED:
        # Setting the flag replaces the password by a random one, so ours is written again after it.
        modify(samdb, dn, userAccountControl=str(flags))
        modify(samdb, dn, unicodePwd=quoted(account["password"]))


FLAGS = {
    "disabled": dsdb.UF_NORMAL_ACCOUNT | dsdb.UF_ACCOUNTDISABLE,
    "smartCard": dsdb.UF_NORMAL_ACCOUNT | dsdb.UF_SMARTCARD_REQUIRED,
}


def sid_of(samdb, dn):
    found = samdb.search(dn, ldb.SCOPE_BASE, attrs=["objectSid"])
    return str(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))


def delegate(samdb, ou, trustee):
    """Object ACEs that only take effect on the users below (CI, IO, inherited object type user)."""
    sid = sid_of(samdb, trustee)
    aces = "".join(
        "(OA;CIIO;%s;%s;%s;%s)" % (access, right, USER_CLASS, sid) for access, right in DELEGATED_RIGHTS
    )
    SDUtils(samdb).dacl_add_ace(ou, aces)


# Under the arc that Microsoft gives to scripts for schemas of one's own ([MS-ADSC] leaves OIDs to whoever extends).
OID_ARC = "1.2.840.113556.1.8000.2554.62153.4242"
MAILBOX_ATTRIBUTES = [
    ("msExchMasterAccountSid", "1", "2.5.5.17", "4"),
    ("mailNickname", "2", "2.5.5.12", "64"),
]


def extend_schema(samdb):
    """What a mail product adds: single-valued, on users. Not over LDAP: Samba refuses schema changes there."""
    schema = samdb.get_schema_basedn()
    update_now = "dn:\nchangetype: modify\nreplace: schemaUpdateNow\nschemaUpdateNow: 1\n"
    for name, number, syntax, om_syntax in MAILBOX_ATTRIBUTES:
        samdb.add({
            "dn": "CN=%s,%s" % (name, schema),
            "objectClass": "attributeSchema",
            "lDAPDisplayName": name,
            "attributeID": "%s.%s" % (OID_ARC, number),
            "attributeSyntax": syntax,
            "oMSyntax": om_syntax,
            "isSingleValued": "TRUE",
        })
    samdb.modify_ldif(update_now)
    message = ldb.Message(ldb.Dn(samdb, "CN=User,%s" % schema))
    names = [name for name, _, _, _ in MAILBOX_ATTRIBUTES]
    message["mayContain"] = ldb.MessageElement(names, ldb.FLAG_MOD_ADD, "mayContain")
    samdb.modify(message)
    samdb.modify_ldif(update_now)


def populate(samdb, forest):
    set_policy(samdb, forest["passwordPolicy"])
    administrator = ldb.Dn(samdb, "CN=Administrator,CN=Users")
    administrator.add_base(samdb.get_default_basedn())
    modify(samdb, administrator, unicodePwd=quoted(forest["administrator"]["password"]),
           userPrincipalName=forest["administrator"]["userPrincipalName"],
           userAccountControl=str(dsdb.UF_NORMAL_ACCOUNT | dsdb.UF_DONT_EXPIRE_PASSWD))

    for path in forest["organizationalUnits"]:
        samdb.add({"dn": place(samdb, path), "objectClass": "organizationalUnit"})

    agent = forest["agentAccount"]
    agent_dn = place(samdb, agent["ou"] + [agent["displayName"]], "CN")
    add_user(samdb, agent_dn, agent, dsdb.UF_NORMAL_ACCOUNT | dsdb.UF_DONT_EXPIRE_PASSWD)
    # Before the people are made, so that they inherit it as they appear.
    delegate(samdb, place(samdb, forest["peopleOu"]), agent_dn)

    members = {}
    groups = {}
    for group in forest["groups"]:
        dn = place(samdb, group["ou"] + [group["name"]], "CN")
        samdb.add({"dn": dn, "objectClass": "group", "sAMAccountName": group["name"],
                   "description": group["description"]})
        groups[group["name"]] = dn
        for parent in group["memberOf"]:
            members.setdefault(parent, []).append(str(dn))
    for settings in forest["passwordSettings"]:
        add_password_settings(samdb, settings, groups)
    people = {}
    for person in forest["people"]:
        dn = place(samdb, person["ou"] + [person["commonName"]], "CN")
        add_user(samdb, dn, person, FLAGS.get(person["kind"], dsdb.UF_NORMAL_ACCOUNT))
        people[person["userName"]] = dn
        for group in person["memberOf"]:
            members.setdefault(group, []).append(str(dn))
    for group, dns in members.items():
        found = samdb.search(samdb.get_default_basedn(), ldb.SCOPE_SUBTREE,
                             "(&(objectClass=group)(sAMAccountName=%s))" % ldb.binary_encode(group), attrs=[])
        message = ldb.Message(found[0].dn)
        message["member"] = ldb.MessageElement(dns, ldb.FLAG_MOD_ADD, "member")
        samdb.modify(message)
    return people, agent_dn


def described(samdb, dn):
    found = samdb.search(dn, ldb.SCOPE_BASE, attrs=["objectGUID"])[0]
    return {"dn": str(found.dn), "objectGuid": str(ndr_unpack(misc.GUID, found["objectGUID"][0])).lower()}


def main():
    configuration, path = sys.argv[1:]
    forest = json.load(sys.stdin)
    samdb = open_directory(configuration, path)
    if forest.get("mailboxSchema"):
        extend_schema(samdb)
    samdb.transaction_start()
    try:
        people, agent = populate(samdb, forest)
    except BaseException:
        samdb.transaction_cancel()
        raise
    samdb.transaction_commit()
    json.dump(
        {
            "agentAccount": described(samdb, agent),
            "peopleOu": str(place(samdb, forest["peopleOu"])),
            "people": {name: described(samdb, dn) for name, dn in people.items()},
        },
        sys.stdout,
    )


main()
