using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Wyckoff.Tests.Api.SignIn;

/// <summary>What the provider does wrong.</summary>
public enum Fault
{
    None,
    WrongNonce,
    NoNonce,
    WrongIssuer,
    WrongAudience,
    Expired,
    UnknownKey,
    Unsigned,
    OtherUser,
    AccessDenied,
    OtherError,
    CodeRefused,
    TokenEndpointFails,
    UserInfoFails,
    NotJson,
}

/// <summary>An OpenID Connect provider on loopback that signs everybody in as <see cref="Person"/> without asking.</summary>
internal sealed class TestProvider : IAsyncDisposable
{
    public const string ClientId = "wyckoff-test";
    public const string ClientSecret = "client-secret-of-the-test";

    private const string KeyId = "key-1";

    private readonly WebApplication _app;
    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _unknownKey = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, IQueryCollection> _codes = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _secrets = new();

    private TestProvider(WebApplication app) => _app = app;

    public string Issuer { get; private set; } = "";

    /// <summary>What the provider says of the person who signs in, by the names of the claims.</summary>
    public Dictionary<string, object> Person { get; private set; } = [];

    /// <summary>Whether the id token has the address, or only the user information.</summary>
    public bool EmailInIdToken { get; set; } = true;

    public Fault Fault { get; set; }

    /// <summary>The codes and tokens given out so far, and the client's secret.</summary>
    public IReadOnlyList<string> Secrets => [ClientSecret, .. _secrets];

    public static async Task<TestProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var provider = new TestProvider(builder.Build());
        provider.Map();
        await provider._app.StartAsync(TestContext.Current.CancellationToken);
        provider.Issuer = provider._app.Urls.First();
        provider.Is("ann");
        return provider;
    }

    /// <summary>The person NAME with the verified address NAME@example.org.</summary>
    public void Is(string name, string? email = null) =>
        Person = new(StringComparer.Ordinal)
        {
            ["sub"] = "subject of " + name,
            ["email"] = email ?? name + "@example.org",
            ["email_verified"] = true,
            ["name"] = name,
            ["picture"] = "https://pictures.example.org/" + name,
        };

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
        _unknownKey.Dispose();
    }

    private void Map()
    {
        _app.MapGet(
            "/.well-known/openid-configuration",
            () =>
                new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    ["issuer"] = Issuer,
                    ["authorization_endpoint"] = Issuer + "/authorize",
                    ["token_endpoint"] = Issuer + "/token",
                    ["userinfo_endpoint"] = Issuer + "/userinfo",
                    ["jwks_uri"] = Issuer + "/jwks",
                    ["response_types_supported"] = new[] { "code" },
                    ["id_token_signing_alg_values_supported"] = new[] { "RS256" },
                }
        );
        _app.MapGet("/jwks", () => new { keys = new[] { PublicKey() } });
        _app.MapGet("/authorize", Authorize);
        _app.MapPost("/token", TokenAsync);
        _app.MapGet("/userinfo", UserInfo);
    }

    private object PublicKey()
    {
        var key = _key.ExportParameters(includePrivateParameters: false);
        return new
        {
            kty = "RSA",
            use = "sig",
            alg = "RS256",
            kid = KeyId,
            n = Base64Url.EncodeToString(key.Modulus),
            e = Base64Url.EncodeToString(key.Exponent),
        };
    }

    private IResult Authorize(HttpRequest request)
    {
        var query = request.Query;
        if (
            query["client_id"] != ClientId
            || query["response_type"] != "code"
            || query["code_challenge_method"] != "S256"
            || query["code_challenge"].ToString().Length != 43
            || !query["scope"].ToString().Split(' ').Order(StringComparer.Ordinal).SequenceEqual(["email", "openid", "profile"])
            || query["redirect_uri"].ToString() is not { Length: > 0 } redirect
            || query["state"].ToString() is not { Length: > 0 } state
        )
        {
            return Results.BadRequest("The request is not one for a code with PKCE.");
        }

        if (Fault is Fault.AccessDenied or Fault.OtherError)
        {
            var error = Fault == Fault.AccessDenied ? "access_denied" : "invalid_scope";
            return Results.Redirect(
                QueryHelpers.AddQueryString(redirect, new Dictionary<string, string?> { ["error"] = error, ["state"] = state })
            );
        }

        var code = Secret("code");
        _codes[code] = query;
        return Results.Redirect(
            QueryHelpers.AddQueryString(redirect, new Dictionary<string, string?> { ["code"] = code, ["state"] = state })
        );
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
        if (Fault == Fault.TokenEndpointFails)
        {
            return Results.StatusCode(500);
        }

        if (Fault == Fault.NotJson)
        {
            return Results.Content("<html>", "text/html");
        }

        // Each code is taken once.
        if (
            !_codes.TryRemove(form["code"].ToString(), out var asked)
            || Fault == Fault.CodeRefused
            || form["grant_type"] != "authorization_code"
            || form["client_id"] != ClientId
            || form["client_secret"] != ClientSecret
            || form["redirect_uri"] != asked["redirect_uri"]
            || Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())))
                != asked["code_challenge"]
        )
        {
            return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        }

        var idToken = IdToken(asked["nonce"].ToString());
        _secrets.Enqueue(idToken);
        return Results.Json(
            new
            {
                access_token = Secret("access"),
                token_type = "Bearer",
                expires_in = 60,
                id_token = idToken,
            }
        );
    }

    private IResult UserInfo(HttpRequest request)
    {
        if (Fault == Fault.UserInfoFails)
        {
            return Results.StatusCode(503);
        }

        var token = request.Headers.Authorization.ToString();
        return !token.StartsWith("Bearer access-", StringComparison.Ordinal) || !Secrets.Contains(token["Bearer ".Length..])
            ? Results.Unauthorized()
            : Results.Json(Fault == Fault.OtherUser ? new(Person, StringComparer.Ordinal) { ["sub"] = "somebody else" } : Person);
    }

    private string IdToken(string nonce)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var claims = Person.Where(claim => EmailInIdToken || claim.Key is "sub").ToDictionary(StringComparer.Ordinal);
        if (Fault != Fault.NoNonce && nonce.Length > 0)
        {
            claims["nonce"] = Fault == Fault.WrongNonce ? nonce + "x" : nonce;
        }

        var isExpired = Fault == Fault.Expired;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = Fault == Fault.WrongIssuer ? Issuer + "/other" : Issuer,
                Audience = Fault == Fault.WrongAudience ? "another client" : ClientId,
                IssuedAt = now - TimeSpan.FromHours(isExpired ? 2 : 0),
                Expires = now + TimeSpan.FromHours(isExpired ? -1 : 1),
                Claims = claims,
                SigningCredentials =
                    Fault == Fault.Unsigned
                        ? null
                        : new(
                            new RsaSecurityKey(Fault == Fault.UnknownKey ? _unknownKey : _key)
                            {
                                KeyId = Fault == Fault.UnknownKey ? "key-2" : KeyId,
                            },
                            SecurityAlgorithms.RsaSha256
                        ),
            }
        );
    }

    private string Secret(string kind)
    {
        var secret = kind + "-" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        _secrets.Enqueue(secret);
        return secret;
    }
}
