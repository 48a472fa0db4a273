using System.Security.Cryptography;
using Scalar.AspNetCore;
using Wyckoff.Api.Access;
using Wyckoff.Api.OpenApi;

namespace Wyckoff.Api;

/// <summary>Serves <c>/docs</c>, where Scalar shows the OpenAPI document and sends requests. It loads nothing from other hosts.</summary>
public static class DocsApi
{
    private const int NonceLength = 32;

    // Scalar's own colors have contrasts of 1.6 to 4.4; accessible text needs 4.5.
    private const string ReadableColors = """
        .light-mode {
          --scalar-color-3: #6b6b6b;
          --scalar-color-red: #c40000;
          --scalar-color-orange: #b34000;
          --scalar-color-yellow: #855d00;
          --scalar-color-green: #00734a;
        }
        .dark-mode {
          --scalar-color-3: #8f8f8f;
          --scalar-color-red: #ff6161;
        }
        """;

    public static void MapDocs(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => TypedResults.LocalRedirect("/docs/")).Needs(EndpointAccess.Open).ExcludeFromDescription();
        routes.MapScalarApiReference("/docs", Configure).Needs(EndpointAccess.Open).ExcludeFromDescription();
    }

    private static void Configure(ScalarOptions scalar, HttpContext context)
    {
        var nonce = RandomNumberGenerator.GetHexString(NonceLength, lowercase: true);
        context.Response.Headers.ContentSecurityPolicy = Policy(nonce);
        scalar
            .WithNonce(nonce)
            .WithTitle("Wyckoff API")
            .WithCustomCss(ReadableColors)
            // Scalar's page does not declare its language, which screen readers need.
            .AddHeadContent($"<script nonce=\"{nonce}\">document.documentElement.lang = 'en'</script>")
            .WithOpenApiRoutePattern(ApiDocument.Path)
            // Features that contact other hosts.
            .DisableDefaultFonts()
            .DisableTelemetry()
            .DisableAgent()
            .DisableMcp()
            .HideClientButton()
            .AddPreferredSecuritySchemes(OperationDescription.ApiKey);
        scalar.ShowDeveloperTools = DeveloperToolsVisibility.Never;
    }

    /// <summary>A content security policy that runs only the page's own scripts and lets them contact only this service.</summary>
    private static string Policy(string nonce) =>
        string.Join(
            "; ",
            "default-src 'none'",
            $"script-src 'nonce-{nonce}'",
            // Scalar adds style elements and style attributes at run time, so styles cannot require a nonce.
            "style-src 'self' 'unsafe-inline'",
            "connect-src 'self'",
            "img-src 'self' data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'"
        );
}
