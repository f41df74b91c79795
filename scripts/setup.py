"""Deploys what `rootgate setup aws` generated into moto and compares the roles with what rootgate says.

Run by setup.sh: FOLDER of the generated files, URL of moto, folder of the TOOLS, the hostile ENVIRONMENT.
"""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import hcl2

FOLDER, URL, TOOLS, HOSTILE = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]
OWN = "123456789012"  # moto's account; others by AssumeRole
ROLES = {OWN: "ci/gate", "444455556666": "rootgate"}
ISSUER = "token.actions.githubusercontent.com"
PERMISSIONS = json.loads((FOLDER / "permissions.json").read_text())
HUB = "444455556666"
ORGANIZATION = "organization-assume-role"
SUBJECTS = [
    f"repo:{repository}:environment:{environment}"
    for environment in ["rootgate", HOSTILE.replace(":", "%3A").replace("${", "${$}{")]
    for repository in ["octo-org/octo-repo", "octo-org@65/octo-repo@74"]
]


def keys(account):
    """Credentials of an account: moto gives them to whoever assumes any role of it."""
    sts = boto3.client("sts", endpoint_url=URL, region_name="us-east-1", **DOCUMENTED)
    if account == OWN:
        return DOCUMENTED
    given = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/admin", RoleSessionName="setup")["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


DOCUMENTED = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


def client(service, account):
    return boto3.client(service, endpoint_url=URL, region_name="us-east-1", **keys(account))


def expected_trust(account):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "GitHubEnvironments",
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{ISSUER}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": SUBJECTS}},
            }
        ],
    }


def check_role(account, how):
    """The role trusts and may do exactly what rootgate says."""
    iam = client("iam", account)
    path, _, name = ROLES[account].rpartition("/")
    role = iam.get_role(RoleName=name)["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/{ROLES[account]}", role["Arn"]
    assert role["AssumeRolePolicyDocument"] == expected_trust(account), (how, role["AssumeRolePolicyDocument"])
    names = iam.list_role_policies(RoleName=name)["PolicyNames"]
    assert names == ["rootgate"], names
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
    document = iam.get_role_policy(RoleName=name, PolicyName="rootgate")["PolicyDocument"]
    if isinstance(document, str):
        document = ast.literal_eval(document)  # moto's CloudFormation keeps it as Python prints it
    assert document == PERMISSIONS, (how, document)
    print(f"{how}: {role['Arn']} trusts and may do what rootgate says")


def check_provider(account):
    iam = client("iam", account)
    (provider,) = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])
    assert provider["Url"].removeprefix("https://") == ISSUER, provider
    assert provider["ClientIDList"] == ["sts.amazonaws.com"], provider


def deploy():
    # moto knows no AWS::IAM::OIDCProvider and leaves it out; cfn-lint has checked its properties.
    for account in ROLES:
        template = (FOLDER / "cloudformation" / f"account-{account}.yaml").read_text()
        stacks = client("cloudformation", account)
        stacks.create_stack(StackName="rootgate", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
        check_role(account, "CloudFormation")


def remove():
    """What the stacks made, so that the scripts begin with nothing."""
    for account, role in ROLES.items():
        iam = client("iam", account)
        name = role.rpartition("/")[2]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


def script(path, credentials_of):
    given = keys(credentials_of)
    environment = {
        "PATH": f"{TOOLS}:{os.environ['PATH']}",
        "HOME": str(FOLDER),
        "AWS_ENDPOINT_URL": URL,
        "AWS_PAGER": "",
        **{name.upper(): value for name, value in given.items()},
    }
    return subprocess.run(["sh", FOLDER / path], env=environment, capture_output=True, text=True)


def run_scripts():
    wrong = script(f"shell/account-{HUB}.sh", OWN)
    assert wrong.returncode == 1 and "Nothing was changed" in wrong.stderr, wrong
    assert client("iam", OWN).list_roles()["Roles"] == []
    for account in ROLES:
        for how in ["script", "script, again"][: 2 if account == OWN else 1]:
            done = script(f"shell/account-{account}.sh", account)
            assert done.returncode == 0, done
            check_role(account, how)
            check_provider(account)
    # A role of that name that is not rootgate's stays as it is.
    iam = client("iam", OWN)
    iam.untag_role(RoleName="gate", TagKeys=["managed-by"])
    iam.delete_role_policy(RoleName="gate", PolicyName="rootgate")
    refused = script(f"shell/account-{OWN}.sh", OWN)
    assert refused.returncode == 1 and "Nothing was changed" in refused.stderr, refused
    assert iam.list_role_policies(RoleName="gate")["PolicyNames"] == []
    print("script: another account's credentials and a stranger's role are refused")


def value(expression):
    """A value that hcl2 read: strings keep their quotes and escapes."""
    if isinstance(expression, dict):
        return {value(key): value(held) for key, held in expression.items() if not key.startswith("__")}
    if isinstance(expression, list):
        return [value(held) for held in expression]
    if isinstance(expression, str) and expression.startswith('"'):
        return json.loads(expression)
    return expression


def read_terraform():
    for account, role in ROLES.items():
        label = f"rootgate_{account}"
        # hcl2 leaves a call as text, so the documents are read without their `jsonencode`.
        text = (FOLDER / "terraform" / f"account-{account}.tf").read_text()
        parsed = hcl2.loads(text.replace("jsonencode({", "{").replace("\n  })\n", "\n  }\n"))
        blocks = {}
        for resource in value(parsed["resource"]):
            for kind, named in resource.items():
                for name, held in named.items():
                    blocks[kind, name] = held
        made = blocks["aws_iam_role", label]
        path, _, name = role.rpartition("/")
        assert made["name"] == name and made["path"] == (f"/{path}/" if path else "/"), made
        assert value(made["assume_role_policy"]) == expected_trust(account), made["assume_role_policy"]
        assert value(blocks["aws_iam_role_policy", label]["policy"]) == PERMISSIONS
        provider = blocks["aws_iam_openid_connect_provider", label]
        assert provider["client_id_list"] == ["sts.amazonaws.com"] and provider["url"] == f"https://{ISSUER}", provider
        assert value(parsed["provider"][0])["aws"]["allowed_account_ids"] == [account], parsed["provider"]
        print(f"Terraform: role {role} of {account} trusts and may do what rootgate says")


def check_entered(name, path, account):
    """The role trusts the hub alone, and may do what a role of one account may."""
    iam = client("iam", account)
    role = iam.get_role(RoleName=name)["Role"]
    assert role["Path"] == path, role
    assert role["AssumeRolePolicyDocument"] == TRUST_IN_HUB, role["AssumeRolePolicyDocument"]
    document = iam.get_role_policy(RoleName=name, PolicyName="rootgate")["PolicyDocument"]
    document = ast.literal_eval(document) if isinstance(document, str) else document
    assert document == PERMISSIONS, document
    print(f"organization: role {name} trusts the hub, and may do what rootgate says")


TRUST_IN_HUB = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "RootgateHub",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{HUB}:role/rootgate"},
                "StringEquals": {"sts:ExternalId": "octo-rootgate"},
            },
        }
    ],
}


def run_organization():
    """moto's StackSets reach the management account too, which AWS's never do."""
    client("organizations", OWN).create_organization(FeatureSet="ALL")
    hub = script(f"{ORGANIZATION}/shell/hub.sh", HUB)
    assert hub.returncode == 0, hub
    iam = client("iam", HUB)
    assert iam.get_role(RoleName="rootgate")["Role"]["AssumeRolePolicyDocument"] == expected_trust(HUB)
    document = iam.get_role_policy(RoleName="rootgate", PolicyName="rootgate")["PolicyDocument"]
    assert document == json.loads((FOLDER / ORGANIZATION / "hub.json").read_text()), document
    print("organization: the hub's role may do what rootgate says")
    for name in ["management", "members"]:
        for _ in range(2):
            done = script(f"{ORGANIZATION}/shell/{name}.sh", OWN)
            assert done.returncode == 0, done
    # An account of no organization is not the management account.
    other = script(f"{ORGANIZATION}/shell/management.sh", HUB)
    assert other.returncode != 0 and "AWSOrganizationsNotInUse" in other.stderr, other
    check_entered("rootgate-management", "/", OWN)
    check_entered("rootgate-member", "/audit/", OWN)
    for audit in ["assume-role", "auto"]:
        read_organization(FOLDER / f"organization-{audit}")


def read_organization(folder):
    """Terraform's files are whole, and its StackSet has the template of the other formats."""
    kinds = {}
    for name in ["hub", "members", "management"]:
        blocks = value(hcl2.loads((folder / "terraform" / f"{name}.tf").read_text())["resource"])
        kinds[name] = {kind: held for block in blocks for kind, named in block.items() for held in named.values()}
    assert set(kinds["hub"]) == {"aws_iam_openid_connect_provider", "aws_iam_role", "aws_iam_role_policy"}, kinds["hub"]
    assert set(kinds["management"]) == {"aws_iam_role", "aws_iam_role_policy"}, kinds["management"]
    template = (folder / "cloudformation" / "members.yaml").read_text()
    assert kinds["members"]["aws_cloudformation_stack_set"]["template_body"] == template
    assert template in (folder / "shell" / "members.sh").read_text().replace("'\\''", "'")
    print(f"Terraform: {folder.name}: the hub, the StackSet and the management account's role")


deploy()
remove()
run_scripts()
read_terraform()
run_organization()
