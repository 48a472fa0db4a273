using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.SignIn;

/// <summary>A cookie that scripts cannot read, and that travels over TLS only. Plain HTTP is enough for a loopback host.</summary>
/// <remarks>
/// Lax and not Strict, where the sign-in is concerned: the provider's answer is a navigation that another site began, and so is the first
/// page after it. Browsers would send a Strict cookie with neither. Requests that change data have the cross-site rule and antiforgery.
/// </remarks>
internal sealed class ServiceCookie : CookieBuilder
{
    public ServiceCookie(string name, string path, SameSiteMode sameSite = SameSiteMode.Lax) =>
        (Name, Path, HttpOnly, SameSite, IsEssential) = (name, path, true, sameSite, true);

    public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
    {
        var options = base.Build(context, expiresFrom);
        options.Secure = context.Request.IsHttps || !HostNames.IsLoopback(context.Request.Host);
        return options;
    }
}
