using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Wyckoff.Client;

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

    public Caller(CallerCredentials credentials, SessionResponse session)
        : base(
            [new(ClaimTypes.Name, session.Name), .. RolesOf(session).Select(role => new Claim(ClaimTypes.Role, role))],
            session.AuthenticatedBy
        ) => (Credentials, Session) = (credentials, session);

    public CallerCredentials Credentials { get; }

    public SessionResponse Session { get; }

    public static Caller? Of(ClaimsPrincipal principal) => principal.Identity as Caller;

    /// <summary>The caller of a page or of its circuit; null if nobody has signed in.</summary>
    public static async Task<Caller?> OfAsync(AuthenticationStateProvider provider) =>
        Of((await provider.GetAuthenticationStateAsync()).User);

    /// <summary>What the account and the scope of its key or session allow.</summary>
    private static IEnumerable<string> RolesOf(SessionResponse session) =>
        session.Scope switch
        {
            "admin" => session.IsAdmin ? [Writer, DataWriter, Admin] : [Writer],
            "write" => session.IsAdmin ? [Writer, DataWriter] : [Writer],
            _ => [],
        };
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
