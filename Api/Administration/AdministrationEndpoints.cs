using Microsoft.Net.Http.Headers;
using Npgsql;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.Administration;

/// <summary>What the endpoints for administrators share.</summary>
internal static class AdministrationEndpoints
{
    /// <summary>
    /// Keeps the answers out of caches. Answers 403 if the database refuses: the caller's account has stopped being an administrator's
    /// within the last second.
    /// </summary>
    public static RouteHandlerBuilder NeedsAdmin(this RouteHandlerBuilder endpoint) =>
        endpoint
            .Needs(EndpointAccess.Admin)
            .AddEndpointFilter(
                async (invocation, next) =>
                {
                    invocation.HttpContext.Response.Headers.CacheControl = "no-store";
                    try
                    {
                        return await next(invocation);
                    }
                    catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
                    {
                        return Problems.Of(Problems.ScopeNeeded, "The account is no active administrator's any more.");
                    }
                }
            );

    public static void Tag(HttpContext context, AccountSummary account) =>
        context.Response.GetTypedHeaders().ETag = new($"\"{account.Revision}\"");

    /// <summary>The revisions in If-Match; null if any is good. Weak tags match nothing.</summary>
    public static string[]? Revisions(HttpContext context)
    {
        var given = context.Request.Headers.IfMatch;
        return given.Count == 0 ? null
            : !EntityTagHeaderValue.TryParseStrictList([.. given.OfType<string>()], out var tags) ? []
            : tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any)) ? null
            : [.. tags.Where(tag => !tag.IsWeak).Select(tag => tag.Tag.AsSpan().Trim('"').ToString())];
    }
}
