using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Wyckoff.Api.Errors;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Access;

/// <summary>Answers requests that may not use their endpoint with a problem.</summary>
internal sealed class AccessResults : IAuthorizationMiddlewareResultHandler
{
    private const string Realm = "Bearer realm=\"wyckoff\"";

    public Task HandleAsync(
        RequestDelegate next,
        HttpContext context,
        AuthorizationPolicy policy,
        PolicyAuthorizationResult authorizeResult
    )
    {
        if (authorizeResult.Succeeded)
        {
            return next(context);
        }

        var headers = context.Response.Headers;
        if (context.FindCaller() is { } caller)
        {
            var needed = policy.Requirements.OfType<AccessRequirement>().FirstOrDefault() is { } requirement
                ? AccessHandler.Needed(requirement.Access, context)
                : EndpointAccess.Admin;
            headers.WWWAuthenticate = $"{Realm}, error=\"insufficient_scope\"";
            return Problems
                .Of(Problems.ScopeNeeded, $"This needs {Describe(needed)}; yours has the scope {EnumText.Of(caller.Scope)}.")
                .ExecuteAsync(context);
        }

        var isGiven = KeyHandler.IsGiven(context.Request);
        headers.WWWAuthenticate = isGiven ? $"{Realm}, error=\"invalid_token\"" : Realm;
        return Problems.Of(Problems.KeyNeeded, isGiven ? KeyHandler.NotValid : Problems.KeyNeeded.Meaning).ExecuteAsync(context);
    }

    private static string Describe(EndpointAccess needed) =>
        needed switch
        {
            EndpointAccess.ChangeMarketData => "a key or session with the scope write of an administrator's account",
            EndpointAccess.Write => "a key or session with the scope write",
            EndpointAccess.Admin => "a key or session with the scope admin of an administrator's account",
            _ => "a key or session with the scope read",
        };
}
