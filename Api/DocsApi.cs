using System.Security.Cryptography;
using System.Text;

namespace Wyckoff.Api;

/// <summary>The page at <c>/docs</c>: the OpenAPI document made readable, from this assembly alone.</summary>
public static class DocsApi
{
    public static void MapDocs(this IEndpointRouteBuilder routes)
    {
        using var resource = new StreamReader(typeof(DocsApi).Assembly.GetManifestResourceStream("docs.html")!);
        var page = resource.ReadToEnd();
        // Only this very script and style run, and they talk to nobody but us.
        var policy = $"default-src 'none'; script-src '{Digest(page, "script")}'; style-src '{Digest(page, "style")}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        var bytes = Encoding.UTF8.GetBytes(page);
        routes.MapGet("/", () => TypedResults.LocalRedirect("/docs")).ExcludeFromDescription();
        routes.MapGet("/docs", (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = policy;
            return TypedResults.Bytes(bytes, "text/html; charset=utf-8");
        }).ExcludeFromDescription();
    }

    private static string Digest(string page, string element)
    {
        var from = page.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(page[from..page.IndexOf($"</{element}>", from, StringComparison.Ordinal)])));
    }
}
