using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Web.Access;

/// <summary>
/// Keeps the API key of somebody who signed in with one, encrypted in a cookie that ends with the browser. The API checks the key with
/// each request, so a revoked one ends at once.
/// </summary>
/// <remarks>The cookie is Lax, so that links from other sites work. What changes data has the API's cross-site rule.</remarks>
internal sealed class KeyCookie(IDataProtectionProvider provider)
{
    private const string Name = "wyckoff-key";

    private readonly IDataProtector _protector = provider.CreateProtector("Wyckoff.Web.KeyCookie");

    public string? Read(HttpContext context)
    {
        try
        {
            return context.Request.Cookies[Name] is { Length: > 0 } text ? _protector.Unprotect(text) : null;
        }
        catch (CryptographicException)
        {
            return null; // of another installation, or of keys that are gone
        }
    }

    public void Write(HttpContext context, string key) => context.Response.Cookies.Append(Name, _protector.Protect(key), Options(context));

    public static void Delete(HttpContext context)
    {
        if (context.Request.Cookies.ContainsKey(Name))
        {
            context.Response.Cookies.Delete(Name, Options(context));
        }
    }

    private static CookieOptions Options(HttpContext context) =>
        new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            IsEssential = true,
            Secure = context.Request.IsHttps || !HostNames.IsLoopback(context.Request.Host),
        };
}
