"""Cognito: pools, clients, users and tokens by boto3, and the sign-in page by a browser without JavaScript."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joserfc import jwt
from joserfc.errors import JoseError

from tests.clouds import LocalCloud
from tests.local.cognito_lab import CALLBACK, PASSWORD, SIGNED_OUT, Answer, Pool, ask, unsigned
from tests.local.iam_account import Account, allow, refused

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def pool(local_cloud: LocalCloud) -> Pool:
    """A pool with the user ``ann``, whose password is permanent."""
    made = Pool(local_cloud)
    made.add_user("ann", email="ann@example.com", email_verified="true")
    return made


def local(cloud: LocalCloud, address: str) -> str:
    """The local address of a distribution."""
    port = cloud.endpoint_url.rpartition(":")[2]
    return address.replace("https://", "http://").replace("cloudfront.net", f"cloudfront.localhost:{port}")


def test_a_person_signs_in_with_pkce_and_gets_tokens_with_awss_claims(pool: Pool) -> None:
    """Page, code and verifier give tokens that the published key verifies, with the claims that AWS writes."""
    browser = pool.browser()
    answer = browser.sign_in("ann", nonce="n-1")
    assert answer.status == 302
    assert answer.headers["location"].startswith(local(pool.cloud, CALLBACK) + "?code=")
    assert answer.query["state"] == "a state"
    tokens = browser.redeem(answer.query["code"]).json
    assert {"id_token", "access_token", "refresh_token", "expires_in", "token_type"} == tokens.keys()
    identity, access = pool.claims(tokens["id_token"]), pool.claims(tokens["access_token"])
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    assert (identity["iss"], identity["aud"], identity["token_use"]) == (issuer, pool.client_id, "id")
    assert (identity["cognito:username"], identity["email"], identity["email_verified"]) == (
        "ann",
        "ann@example.com",
        True,
    )
    assert identity["nonce"] == "n-1"
    assert (access["iss"], access["client_id"], access["token_use"]) == (issuer, pool.client_id, "access")
    assert (access["username"], access["scope"]) == ("ann", "openid email")
    assert "aud" not in access
    assert "email" not in access
    assert access["exp"] - access["iat"] == tokens["expires_in"] == 3600
    for name in ("sub", "origin_jti", "event_id", "auth_time"):
        assert identity[name] == access[name], name
    assert identity["jti"] != access["jti"]


def test_a_code_is_good_once(pool: Pool) -> None:
    """The second who brings a code gets invalid_grant, whoever it is."""
    browser = pool.browser()
    code = browser.sign_in("ann").query["code"]
    assert browser.redeem(code).status == 200
    again = browser.redeem(code)
    assert (again.status, again.json) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": SIGNED_OUT}, "invalid_grant"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"client_id": "0" * 26}, "invalid_client"),
        ({"client_id": ""}, "invalid_request"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
)
def test_a_code_gives_nothing_to_whoever_cannot_prove_to_have_asked_for_it(
    pool: Pool, changed: dict[str, str], error: str
) -> None:
    """A wrong verifier, address, client or grant type is one of OAuth's errors as JSON, and no token."""
    browser = pool.browser()
    answer = browser.redeem(browser.sign_in("ann").query["code"], **changed)
    assert (answer.status, answer.json) == (400, {"error": error})


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"scope": "openid root"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_told_to_the_clients_page(pool: Pool, changed: dict[str, str], error: str) -> None:
    """What is wrong with an authorize request goes to the callback address, with the client's state."""
    answer = pool.browser().authorize(**changed)
    assert answer.status == 302
    assert answer.headers["location"].startswith(local(pool.cloud, CALLBACK))
    assert (answer.query["error"], answer.query["state"]) == (error, "a state")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"redirect_uri": "https://evil.example/"}, "redirect_mismatch"),
        ({"redirect_uri": CALLBACK + "x"}, "redirect_mismatch"),
        ({"redirect_uri": CALLBACK.rstrip("/")}, "redirect_mismatch"),
        ({"redirect_uri": ""}, "redirect_mismatch"),
        ({"client_id": "0" * 26}, "invalid_request"),
    ],
)
@pytest.mark.parametrize("path", ["/oauth2/authorize", "/login"])
def test_an_unknown_address_gets_a_page_and_never_a_redirect(
    pool: Pool, path: str, changed: dict[str, str], said: str
) -> None:
    """Only a registered callback address, to the last character, is ever redirected to."""
    browser = pool.browser()
    answer = browser.get(f"{path}?{browser.query(**changed)}")
    assert answer.status == 400
    assert "location" not in answer.headers
    assert said in answer.text


def test_the_local_address_of_a_distribution_is_as_good_as_awss(pool: Pool) -> None:
    """A page of the local cloud names itself by its local address, and gets its code there."""
    browser = pool.browser()
    here = local(pool.cloud, CALLBACK)
    answer = browser.sign_in("ann", redirect_uri=here)
    assert answer.headers["location"].startswith(here)
    assert browser.redeem(answer.query["code"], redirect_uri=here).status == 200


def test_the_page_says_nothing_about_who_exists(pool: Pool) -> None:
    """A wrong password and an unknown name are answered by the same page, but for the name itself."""
    wrong, unknown = pool.browser().sign_in("ann", "wrong"), pool.browser().sign_in("eve", "wrong")
    for answer in (wrong, unknown):
        assert answer.status == 400
        assert "Incorrect username or password." in answer.text
        assert "code=" not in answer.headers.get("location", "")

    def plain(answer: Answer, name: str) -> str:
        import re

        return re.sub(r"[A-Za-z0-9_%-]{32,}", "…", answer.text).replace(f'value="{name}"', "")

    assert plain(wrong, "ann") == plain(unknown, "eve")


def test_a_typed_name_cannot_become_a_part_of_the_page(pool: Pool) -> None:
    """Script in a field comes back as text, and the page's policy would run none."""
    answer = pool.browser().sign_in('"><script>alert(1)</script>', "x")
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert f"form-action 'self' {local(pool.cloud, CALLBACK).rstrip('/')};" in policy


def test_another_sites_form_signs_nobody_in(pool: Pool) -> None:
    """Without the page's own token in form and cookie, name and password are not even looked at."""
    browser = pool.browser()
    page = browser.get(f"/login?{browser.query()}")
    assert "HttpOnly" in page.headers["set-cookie"]
    assert "SameSite=Lax" in page.headers["set-cookie"]
    forged = browser.post(f"/login?{browser.query()}", username="ann", password=PASSWORD, _csrf="forged")
    assert forged.status == 403
    browser.cookies = {}
    assert browser.submit(page, username="ann", password=PASSWORD).status == 403


def test_who_signed_in_is_remembered_until_signing_out(pool: Pool) -> None:
    """The second authorize request gives a code at once; after /logout the page asks again."""
    browser = pool.browser()
    browser.sign_in("ann")
    assert "code" in browser.authorize().query
    assert browser.authorize(prompt="login").headers["location"].startswith("/login?")
    gone = browser.get(f"/logout?client_id={pool.client_id}&logout_uri={SIGNED_OUT}")
    assert (gone.status, gone.headers["location"]) == (302, local(pool.cloud, SIGNED_OUT))
    assert browser.authorize().headers["location"].startswith("/login?")
    assert browser.get(f"/logout?client_id={pool.client_id}&logout_uri=https://evil.example").status == 400


def test_a_temporary_password_has_to_be_replaced(pool: Pool) -> None:
    """The page asks for a new password, holds it against the policy, and signs in with it."""
    pool.add_user("bob", password="Temporary-1", permanent=False)
    assert pool.api.admin_get_user(UserPoolId=pool.id, Username="bob")["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    browser = pool.browser()
    page = browser.sign_in("bob", "Temporary-1")
    assert "Choose a new password" in page.text
    page = browser.submit(page, password="Another-one-2", confirm="different")
    assert "The two passwords differ." in page.text
    page = browser.submit(page, password="short", confirm="short")
    assert "Password did not conform with policy: Password not long enough" in page.text
    done = browser.submit(page, password="Another-one-2", confirm="Another-one-2")
    assert browser.redeem(done.query["code"]).status == 200
    assert pool.api.admin_get_user(UserPoolId=pool.id, Username="bob")["UserStatus"] == "CONFIRMED"
    with refused("NotAuthorizedException"):
        pool.password_auth("bob", "Temporary-1")


def test_a_refresh_token_gives_new_tokens_until_it_is_revoked(pool: Pool) -> None:
    """Revocation ends the refresh token and every access token that came from it."""
    browser = pool.browser()
    tokens = browser.tokens("ann")
    form = {"client_id": pool.client_id, "refresh_token": tokens["refresh_token"]}
    again = browser.post("/oauth2/token", grant_type="refresh_token", **form).json
    assert "refresh_token" not in again
    first, second = pool.claims(tokens["access_token"]), pool.claims(again["access_token"])
    assert second["jti"] != first["jti"]
    assert (second["origin_jti"], second["auth_time"]) == (first["origin_jti"], first["auth_time"])
    seen = browser.bearer("/oauth2/userInfo", again["access_token"])
    assert seen.json["email"] == "ann@example.com"
    assert seen.json["username"] == "ann"
    wrong = browser.post("/oauth2/revoke", client_id=pool.client_id, token=tokens["access_token"])
    assert (wrong.status, wrong.json) == (400, {"error": "unsupported_token_type"})
    assert browser.post("/oauth2/revoke", client_id=pool.client_id, token=tokens["refresh_token"]).status == 200
    after = browser.post("/oauth2/token", grant_type="refresh_token", **form)
    assert (after.status, after.json) == (400, {"error": "invalid_grant"})
    for token in (tokens["access_token"], again["access_token"]):
        ended = browser.bearer("/oauth2/userInfo", token)
        assert (ended.status, ended.json["error"]) == (401, "invalid_token")


def test_tokens_of_others_are_no_tokens(pool: Pool) -> None:
    """A tampered token, another pool's, an ID token and no token are refused, each as such."""
    browser = pool.browser()
    tokens = browser.tokens("ann")
    head, body, signature = tokens["access_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["username"] = "root"
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    nobody = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    other = Pool(pool.cloud)
    other.add_user("ann")
    foreign = other.browser().tokens("ann")["access_token"]
    for token in (f"{head}.{forged}.{signature}", f"{nobody}.{forged}.", foreign, tokens["id_token"], "a.b.c"):
        answer = browser.bearer("/oauth2/userInfo", token)
        assert (answer.status, answer.json["error"]) == (401, "invalid_token"), token
    assert browser.get("/oauth2/userInfo").status == 400
    with pytest.raises(JoseError):
        pool.claims(foreign)


def test_a_client_with_a_secret_proves_it_by_basic(pool: Pool) -> None:
    """The token endpoint takes the secret in the header, and nothing else than the right one."""
    confidential = Pool(pool.cloud, client_settings={"GenerateSecret": True})
    confidential.add_user("ann")
    browser = confidential.browser()

    def redeem(secret: str) -> Answer:
        code = browser.authorize().query.get("code") or browser.sign_in("ann").query["code"]
        basic = base64.b64encode(f"{confidential.client_id}:{secret}".encode()).decode()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        from urllib.parse import urlencode

        body = urlencode(form | {"code_verifier": browser.verifier})
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        host = f"{confidential.domain}.auth.localhost"
        return ask(pool.cloud, "POST", host, "/oauth2/token", body=body, headers=headers)

    assert redeem("guessed").json == {"error": "invalid_client"}
    assert redeem(confidential.client["ClientSecret"]).status == 200
    name, secret = "ann", confidential.client["ClientSecret"]
    given = {"USERNAME": name, "PASSWORD": PASSWORD}
    with refused("NotAuthorizedException", "SECRET_HASH was not received"):
        confidential.password_auth("ann")
    text = f"{name}{confidential.client_id}".encode()
    hashed = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
    answer = unsigned(pool.cloud).initiate_auth(
        ClientId=confidential.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={**given, "SECRET_HASH": hashed},
    )
    assert confidential.claims(answer["AuthenticationResult"]["AccessToken"])["username"] == "ann"


def test_a_page_of_another_origin_may_exchange_its_code(pool: Pool) -> None:
    """The token endpoint answers a browser's preflight and lets any origin read the answer, without cookies."""
    host = f"{pool.domain}.auth.localhost"
    before = ask(pool.cloud, "OPTIONS", host, "/oauth2/token", headers={"Origin": "http://x.localhost"})
    assert (before.status, before.headers["access-control-allow-origin"]) == (200, "*")
    assert before.headers["access-control-allow-methods"] == "POST"
    browser = pool.browser()
    assert browser.redeem("unknown").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in before.headers


def test_the_issuer_describes_itself_where_aws_does(pool: Pool) -> None:
    """Keys and description stand at the issuer's host, at the endpoint itself, and at a path for other clients."""
    path = f"/{pool.id}/.well-known/"
    at_host = ask(pool.cloud, "GET", "cognito-idp.localhost", path + "jwks.json").json
    assert at_host == ask(pool.cloud, "GET", "127.0.0.1", path + "jwks.json").json
    assert at_host == ask(pool.cloud, "GET", "127.0.0.1", f"/_cognito-idp{path}jwks.json").json
    (key,) = at_host["keys"]
    assert {"kid", "n", "e", "kty", "alg", "use"} == key.keys()
    described = ask(pool.cloud, "GET", "cognito-idp.localhost", path + "openid-configuration").json
    assert described["issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    port = pool.cloud.endpoint_url.rpartition(":")[2]
    assert described["token_endpoint"] == f"http://{pool.domain}.auth.localhost:{port}/oauth2/token"
    assert ask(pool.cloud, "GET", "cognito-idp.localhost", "/us-east-1_nobody/.well-known/jwks.json").status == 404


def test_passwords_and_states_are_refused_in_awss_words(pool: Pool) -> None:
    """Somebody without AWS credentials signs in by name and password, and learns no more than AWS tells."""
    with refused("NotAuthorizedException", "Incorrect username or password"):
        pool.password_auth("ann", "wrong")
    with refused("NotAuthorizedException", "Incorrect username or password"):
        pool.password_auth("nobody")
    pool.add_user("cleo")
    pool.api.admin_disable_user(UserPoolId=pool.id, Username="cleo")
    with refused("NotAuthorizedException", "User is disabled"):
        pool.password_auth("cleo")
    pool.api.admin_enable_user(UserPoolId=pool.id, Username="cleo")
    tokens = pool.password_auth("cleo")["AuthenticationResult"]
    assert pool.claims(tokens["AccessToken"])["scope"] == "aws.cognito.signin.user.admin"
    assert unsigned(pool.cloud).get_user(AccessToken=tokens["AccessToken"])["Username"] == "cleo"
    pool.api.admin_delete_user(UserPoolId=pool.id, Username="cleo")
    with refused("UserNotFoundException"):
        pool.api.admin_get_user(UserPoolId=pool.id, Username="cleo")
    with refused("NotAuthorizedException", "SignUp is not permitted for this user pool"):
        unsigned(pool.cloud).sign_up(ClientId=pool.client_id, Username="me", Password=PASSWORD)
    with refused("InvalidPasswordException", "Password must have symbol characters"):
        pool.add_user("dora", password="Passw0rdpassword")
    with refused("UsernameExistsException"):
        pool.add_user("ann")


def test_signing_out_everywhere_ends_all_tokens(pool: Pool) -> None:
    """GlobalSignOut ends the tokens of every device; other people stay signed in."""
    pool.add_user("fred")
    one, two = (pool.password_auth("fred")["AuthenticationResult"] for _ in range(2))
    ann = pool.password_auth("ann")["AuthenticationResult"]
    api = unsigned(pool.cloud)
    api.global_sign_out(AccessToken=one["AccessToken"])
    for tokens in (one, two):
        with refused("NotAuthorizedException", "Access Token has been revoked"):
            api.get_user(AccessToken=tokens["AccessToken"])
        with refused("NotAuthorizedException", "Invalid Refresh Token"):
            api.initiate_auth(
                ClientId=pool.client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
            )
    assert api.get_user(AccessToken=ann["AccessToken"])["Username"] == "ann"


def test_a_challenge_is_answered_by_boto3(pool: Pool) -> None:
    """InitiateAuth answers a temporary password by NEW_PASSWORD_REQUIRED, whose session is good once."""
    pool.add_user("gina", password="Temporary-1", permanent=False)
    challenge = pool.password_auth("gina", "Temporary-1")
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    api = unsigned(pool.cloud)
    answer = {
        "ClientId": pool.client_id,
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": challenge["Session"],
        "ChallengeResponses": {"USERNAME": "gina", "NEW_PASSWORD": "Another-one-2"},
    }
    assert "AccessToken" in api.respond_to_auth_challenge(**answer)["AuthenticationResult"]
    with refused("NotAuthorizedException", "Invalid session"):
        api.respond_to_auth_challenge(**answer)
    assert "AuthenticationResult" in pool.password_auth("gina", "Another-one-2")


def test_users_are_found_and_grouped(pool: Pool) -> None:
    """ListUsers filters by attributes, and a token names the groups of its user."""
    pool.add_user("hugo", email="hugo@example.com")
    pool.api.create_group(UserPoolId=pool.id, GroupName="staff")
    pool.api.admin_add_user_to_group(UserPoolId=pool.id, Username="hugo", GroupName="staff")
    found = pool.api.list_users(UserPoolId=pool.id, Filter='email ^= "hugo@"')["Users"]
    assert [user["Username"] for user in found] == ["hugo"]
    identity = pool.claims(pool.password_auth("hugo")["AuthenticationResult"]["IdToken"])
    assert identity["cognito:groups"] == ["staff"]
    members = pool.api.list_users_in_group(UserPoolId=pool.id, GroupName="staff")["Users"]
    assert [user["Username"] for user in members] == ["hugo"]


def test_people_sign_in_by_their_address_where_the_pool_says_so(local_cloud: LocalCloud) -> None:
    """With e-mail addresses as names, the user's own name is a random one, and the address signs in."""
    by_address = Pool(local_cloud, pool_settings={"UsernameAttributes": ["email"]})
    by_address.add_user("ida@example.com")
    browser = by_address.browser()
    assert '<label for="username">Email</label>' in browser.get(f"/login?{browser.query()}").text
    claims = by_address.claims(browser.tokens("IDA@example.com")["id_token"])
    assert claims["cognito:username"] == claims["sub"]
    assert claims["email"] == "ida@example.com"
    with refused("InvalidParameterException", "Username should be email"):
        by_address.add_user("ida")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"MfaConfiguration": "OPTIONAL"}, "MfaConfiguration OPTIONAL"),
        ({"LambdaConfig": {"PreSignUp": "arn:aws:lambda:us-east-1:123456789012:function:f"}}, "LambdaConfig"),
        ({"UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}, "UserPoolAddOns"),
        ({"UserPoolTier": "PLUS"}, "UserPoolTier PLUS"),
        ({"Schema": [{"Name": "team", "AttributeDataType": "String"}]}, "custom attributes"),
    ],
)
def test_what_nothing_acts_on_is_refused_by_name(local_cloud: LocalCloud, settings: dict[str, Any], named: str) -> None:
    """A pool that would need what the local cloud lacks is not made."""
    api = local_cloud.client("cognito-idp")
    with refused("NotImplemented", f"{named}.*is not supported by the local cloud"):
        api.create_user_pool(PoolName="p", **settings)
    assert not [each for each in api.list_user_pools(MaxResults=60)["UserPools"] if each["Name"] == "p"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"AllowedOAuthFlows": ["implicit"]}, "NotImplemented"),
        ({"SupportedIdentityProviders": ["COGNITO", "Google"]}, "NotImplemented"),
        ({"CallbackURLs": ["http://example.com/"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["https://example.com/#here"]}, "InvalidParameterException"),
        ({"AccessTokenValidity": 2, "TokenValidityUnits": {"AccessToken": "minutes"}}, "InvalidParameterException"),
    ],
)
def test_a_client_is_made_only_as_aws_would(pool: Pool, settings: dict[str, Any], code: str) -> None:
    """Flows, providers, addresses and validities are checked when the client is made."""
    with refused(code):
        pool.add_client(**settings)


def test_policies_decide_who_administers_a_pool(account: Account, pool: Pool) -> None:
    """A role may do what its policy says to this pool, and nothing to another; signing in asks no policy."""
    arn = pool.api.describe_user_pool(UserPoolId=pool.id)["UserPool"]["Arn"]
    role = account.session(account.role(allow("cognito-idp:AdminGetUser", arn)))
    api = account.client("cognito-idp", role)
    assert api.admin_get_user(UserPoolId=pool.id, Username="ann")["Username"] == "ann"
    with refused("AccessDeniedException", "cognito-idp:AdminDeleteUser"):
        api.admin_delete_user(UserPoolId=pool.id, Username="ann")
    with refused("AccessDeniedException", "cognito-idp:AdminGetUser"):
        api.admin_get_user(UserPoolId="us-east-1_other1234", Username="ann")
    with refused("MissingAuthenticationTokenException"):
        unsigned(pool.cloud).admin_get_user(UserPoolId=pool.id, Username="ann")


def test_the_name_of_an_open_operation_opens_no_other(account: Account, pool: Pool) -> None:
    """A call to another service is not let in because it bears the target of one that needs no credentials."""
    functions = account.client("lambda", account.user())

    def disguise(request: Any, **_: Any) -> None:
        request.headers["X-Amz-Target"] = "AWSCognitoIdentityProviderService.InitiateAuth"

    functions.meta.events.register("before-sign.lambda.ListFunctions", disguise)
    with refused("AccessDeniedException", "lambda:ListFunctions"):
        functions.list_functions()
    assert pool.cloud.client("lambda").list_functions()["Functions"] is not None


@pytest.fixture
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    cloud = LocalCloud.up(tmp_path_factory.mktemp("cognito"))
    yield cloud
    cloud.down()


def test_keys_users_and_sign_ins_survive_a_restart(restarted: LocalCloud) -> None:
    """After a kill the same key verifies, the same password signs in, tokens count, and a used code does not."""
    made = Pool(restarted)
    made.add_user("ann")
    browser = made.browser()
    code = browser.sign_in("ann").query["code"]
    tokens = browser.redeem(code).json
    waiting = browser.authorize().query["code"]
    before = made.keys().as_dict()
    restarted.kill()
    restarted.start_again()
    assert made.keys().as_dict() == before
    assert jwt.decode(tokens["id_token"], made.keys(), algorithms=["RS256"]).claims["cognito:username"] == "ann"
    assert "AuthenticationResult" in made.password_auth("ann")
    assert browser.bearer("/oauth2/userInfo", tokens["access_token"]).status == 200
    assert browser.redeem(code).json == {"error": "invalid_grant"}
    assert browser.redeem(waiting).status == 200
    assert "code" in browser.authorize().query


def test_no_key_and_no_password_stands_in_a_log(restarted: LocalCloud) -> None:
    """Neither the private key nor anybody's password or token is in a log, and others may not read the state."""
    made = Pool(restarted)
    made.add_user("ann")
    tokens = made.browser().tokens("ann")
    with pytest.raises(ClientError):
        made.password_auth("ann", "Typed-wr0ng!")
    logs = [path.read_text(errors="replace") for path in restarted.home.rglob("*.log")]
    assert logs
    for secret in (PASSWORD, "Typed-wr0ng!", tokens["refresh_token"], tokens["access_token"], '"dp"'):
        assert not any(secret in text for text in logs), secret
    for path in (restarted.home / "state").rglob("*"):
        if path.is_file():
            parents = (path, path.parent, restarted.home)
            assert any(not each.stat().st_mode & 0o004 for each in parents), path
            assert PASSWORD.encode() not in path.read_bytes()
