"""Compares the fake AWS's organization with moto's server and with the models that AWS publishes (botocore).

scripts/moto.sh calls it with moto's Python. Arguments: moto's address, the fake's address. The fake must return
every field that moto returns, with the same type. AWS's model must have every field of the fake. Errors must be
the same.
"""

import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

from botocore.loaders import Loader

ROLE = "arn:aws:iam::444455556666:role/rootgate"
AUDIT = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
MODELS = {name: Loader().load_service_model(name, "service-2") for name in ("organizations", "sts", "iam")}


def post(url, service, headers, body, key="AKIAIOSFODNN7EXAMPLE", token=None):
    credential = f"AWS4-HMAC-SHA256 Credential={key}/20261124/us-east-1/{service}/aws4_request"
    headers = {**headers, "Authorization": f"{credential}, SignedHeaders=host, Signature=0"}
    if token:
        headers["X-Amz-Security-Token"] = token
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def organizations(url, call, **parameters):
    target = {"X-Amz-Target": f"AWSOrganizationsV20161128.{call}", "Content-Type": "application/x-amz-json-1.1"}
    status, body = post(url, "organizations", target, json.dumps(parameters))
    return status, json.loads(body)


def query(url, service, call, session=(), **parameters):
    version = MODELS[service]["metadata"]["apiVersion"]
    body = urllib.parse.urlencode({"Action": call, "Version": version, **parameters})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, text = post(url, service, form, body, *session)
    root = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", text))
    return status, plain(root.find(f"{call}Result")) if status == 200 else root


def plain(element):
    """Converts an XML element to the JSON form; members become a list."""
    children = list(element)
    if not children:
        return element.text or ""
    if {child.tag for child in children} <= {"member", "entry"}:
        return [plain(child) for child in children]
    return {child.tag: plain(child) for child in children}


def kind(value):
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "time" if isinstance(value, str) and TIME.fullmatch(value) else type(value).__name__


def missing(ours, theirs, path):
    """Fields of the other answer that ours does not have, or has with another type."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name, value in theirs.items():
            if value is None:
                continue
            if name not in ours:
                yield f"{path}.{name} is missing"
            else:
                yield from missing(ours[name], value, f"{path}.{name}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        for value in theirs[:1]:
            yield from missing(ours[0], value, f"{path}[0]") if ours else [f"{path} is empty"]
    elif kind(ours) != kind(theirs):
        yield f"{path} is {kind(ours)}, not {kind(theirs)}"


def unknown(value, service, shape, path):
    """Fields of ours that AWS's model does not have, or has with another type."""
    described = MODELS[service]["shapes"][shape]
    type_ = described["type"]
    if type_ == "structure" and isinstance(value, dict):
        for name, field in value.items():
            if name in described["members"]:
                yield from unknown(field, service, described["members"][name]["shape"], f"{path}.{name}")
            else:
                yield f"{path}.{name} is not in AWS's model"
    elif type_ == "list" and (isinstance(value, list) or value == ""):
        for item in value:
            yield from unknown(item, service, described["member"]["shape"], path)
    elif service == "organizations":
        expected = {"timestamp": "number", "boolean": "boolean", "integer": "number"}.get(type_, "str")
        if kind(value) not in (expected, "time" if expected == "str" else expected):
            yield f"{path} is {kind(value)}, not {expected}"
    elif type_ == "timestamp" and kind(value) != "time":
        yield f"{path} is not a time: {value}"
    elif "pattern" in described and not re.search(described["pattern"], value):
        yield f"{path} does not match {described['pattern']}: {value}"


def main(moto, fake):
    wrong = []

    def compare(call, ours, theirs, service="organizations"):
        assert ours[0] == 200, (call, ours)
        wrong.extend(unknown(ours[1], service, MODELS[service]["operations"][call]["output"]["shape"], call))
        if theirs is not None:
            assert theirs[0] == 200, (call, theirs)
            wrong.extend(missing(ours[1], theirs[1], call))

    organizations(moto, "CreateOrganization", FeatureSet="ALL")
    created = organizations(moto, "CreateAccount", AccountName="security", Email="security@example.com")[1]
    account = created["CreateAccountStatus"]["AccountId"]
    service = "iam.amazonaws.com"
    organizations(moto, "EnableAWSServiceAccess", ServicePrincipal=service)
    organizations(moto, "RegisterDelegatedAdministrator", AccountId=account, ServicePrincipal=service)
    calls = {
        "DescribeOrganization": {},
        "ListAccounts": {},
        "ListRoots": {},
        "ListPolicies": {"Filter": "SERVICE_CONTROL_POLICY"},
        "ListTargetsForPolicy": {"PolicyId": "p-FullAWSAccess"},
        "DescribePolicy": {"PolicyId": "p-FullAWSAccess"},
        "ListDelegatedAdministrators": {},
        "ListAWSServiceAccessForOrganization": {},
    }
    for call, parameters in calls.items():
        compare(call, organizations(fake, call, **parameters), organizations(moto, call, **parameters))

    ours, theirs = (organizations(url, "DescribePolicy", PolicyId="p-00000000") for url in (fake, moto))
    if ours != theirs:
        wrong.append(f"a policy that does not exist: {ours}, not {theirs}")

    enter = {"RoleArn": ROLE, "RoleSessionName": "rootgate"}
    compare("AssumeRole", query(fake, "sts", "AssumeRole", **enter), query(moto, "sts", "AssumeRole", **enter), "sts")
    who = [query(url, "sts", "GetCallerIdentity") for url in (fake, moto)]
    compare("GetCallerIdentity", *who, "sts")

    # moto has no AssumeRoot, so these are compared with AWS's model only.
    violating = json.load(urllib.request.urlopen(f"{fake}/__violations"))["violating"]
    for member in violating:
        audit = {"TargetPrincipal": member["account"], "TaskPolicyArn.arn": AUDIT}
        session = query(fake, "sts", "AssumeRoot", **audit)
        compare("AssumeRoot", session, None, "sts")
        keys = session[1]["Credentials"]
        session = (keys["AccessKeyId"], keys["SessionToken"])
        for call in ("GetUser", "ListAccessKeys", "ListSigningCertificates", "ListMFADevices"):
            compare(call, query(fake, "iam", call, session), None, "iam")
        if member["kind"] in ("no-mfa", "recent-use"):
            compare("GetLoginProfile", query(fake, "iam", "GetLoginProfile", session), None, "iam")
        if member["kind"] == "active-key":
            key = query(fake, "iam", "ListAccessKeys", session)[1]["AccessKeyMetadata"][0]["AccessKeyId"]
            used = query(fake, "iam", "GetAccessKeyLastUsed", session, AccessKeyId=key)
            compare("GetAccessKeyLastUsed", used, None, "iam")
    compare("ListOrganizationsFeatures", query(fake, "iam", "ListOrganizationsFeatures"), None, "iam")
    print("\n".join(wrong) or f"{len(calls) + 2} calls as in moto, and all as in AWS's models")
    sys.exit(1 if wrong else 0)


main(*sys.argv[1:])
