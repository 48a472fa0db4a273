using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.Pipeline;

/// <summary>Refuses requests that change data without the configured key.</summary>
public static class OperatorKey
{
    private const string Scheme = "Bearer ";

    public static void UseOperatorKey(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<ApiOptions>>().Value.OperatorKey is not { Length: > 0 } key)
        {
            return;
        }

        // Comparing digests in constant time reveals neither the key nor its length.
        var expected = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        app.Use(
            (context, next) =>
            {
                if (!StateChanges.IsChange(context.Request) || IsGiven(context, expected, out var wrong))
                {
                    return next(context);
                }

                context.Response.Headers.WWWAuthenticate = wrong
                    ? "Bearer realm=\"wyckoff\", error=\"invalid_token\""
                    : "Bearer realm=\"wyckoff\"";
                return Problems
                    .Of(Problems.OperatorKeyNeeded, wrong ? "This is not the operator's key." : Problems.OperatorKeyNeeded.Meaning)
                    .ExecuteAsync(context);
            }
        );
    }

    private static bool IsGiven(HttpContext context, byte[] expected, out bool wrong)
    {
        var authorization = context.Request.Headers.Authorization;
        wrong = authorization.Count > 0;
        return authorization is [{ } only]
            && only.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(only[Scheme.Length..].Trim())), expected);
    }
}
