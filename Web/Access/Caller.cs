using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;

namespace Wyckoff.Web.Access;

/// <summary>Who looks at a page, as the API knows them, with what the web page needs to call the API for them.</summary>
internal sealed class Caller : ClaimsIdentity
{
    /// <summary>The role of those who may administer accounts.</summary>
    public const string Admin = "admin";

    /// <summary>The role of those who may change market data: administrators.</summary>
    public const string DataWriter = "data-writer";

    /// <summary>The role of those who may change their own data.</summary>
    public const string Writer = "writer";

    public Caller(CallerCredentials credentials, ApiSession session)
        : base(
            [new(ClaimTypes.Name, session.Name), .. session.Roles.Select(role => new Claim(ClaimTypes.Role, role))],
            session.AuthenticatedBy
        ) => (Credentials, Session) = (credentials, session);

    public CallerCredentials Credentials { get; }

    public ApiSession Session { get; }

    public static Caller? Of(ClaimsPrincipal principal) => principal.Identity as Caller;

    /// <summary>The caller of a page or of its circuit; null if nobody has signed in.</summary>
    public static async Task<Caller?> OfAsync(AuthenticationStateProvider provider) =>
        Of((await provider.GetAuthenticationStateAsync()).User);
}

/// <summary>What proves to the API who calls: a session cookie, a key, or nothing in local mode.</summary>
internal sealed record CallerCredentials(string? SessionCookie, string? Key)
{
    public void AddTo(HttpRequestMessage request)
    {
        if (Key is not null)
        {
            request.Headers.Authorization = new("Bearer", Key);
        }
        else if (SessionCookie is not null)
        {
            request.Headers.Add("Cookie", $"{CallerHandler.SessionCookieName}={SessionCookie}");
        }
    }
}

/// <summary>The answer of <c>GET /v1/auth/session</c>.</summary>
internal sealed record ApiSession(
    long AccountId,
    string Name,
    string Email,
    bool IsAdmin,
    string Scope,
    string AuthenticatedBy,
    DateTimeOffset? ExpiresAt,
    string? AntiforgeryToken
)
{
    /// <summary>What the account and the scope of its key or session allow.</summary>
    public IEnumerable<string> Roles =>
        Scope switch
        {
            "admin" => IsAdmin ? [Caller.Writer, Caller.DataWriter, Caller.Admin] : [Caller.Writer],
            "write" => IsAdmin ? [Caller.Writer, Caller.DataWriter] : [Caller.Writer],
            _ => [],
        };
}
